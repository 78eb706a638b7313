/* What an authenticator sends, as a stranger makes it up: measured, refused or sound; and what is sound is
 * whole and within its limits. The first byte says whether it registers or signs in. */
#include "crypto/webauthn.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    const struct webauthn_demand demand = { TEXT("localhost"), TEXT("{}"), false };
    struct webauthn_credential credential;
    struct webauthn_state state;
    if (size == 0)
        return 0;
    struct text bytes = { (const char *)data + 1, size - 1 };
    if (data[0] % 2) {
        const struct webauthn_assertion assertion = { bytes, TEXT("\x30\x06\x02\x01\x01\x02\x01\x01") };
        assert(webauthn_verify(arena, &demand, &webauthn_decoy, &assertion, &state) != WEBAUTHN_SOUND);
        return 0;
    }
    if (webauthn_register(arena, &demand, bytes, &credential) != WEBAUTHN_SOUND)
        return 0;
    assert(credential.id.length > 0 && credential.id.length <= CREDENTIAL_ID_MAX);
    assert(credential.key.bytes.length > 0 && credential.key.bytes.length <= PUBLIC_KEY_MAX);
    bytes.length--;
    assert(webauthn_register(arena, &demand, bytes, &credential) == WEBAUTHN_MALFORMED);
    return 0;
}
