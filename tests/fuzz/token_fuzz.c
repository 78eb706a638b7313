/* An access token as a stranger sends it: whatever it is, no more than false; and what verifies is what we
 * signed. */
#include "crypto/token.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keyring *ring(void)
{
    static const char text[] = "seal a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                               "pepper a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                               "sign a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                               "cookie a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n";
    static struct keyring *keyring;
    struct error error;
    if (!keyring && !keyring_read(&keyring, text_from(text), &error))
        abort();
    return keyring;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text claims;
    if (token_verify(arena, ring(), (struct text){ (const char *)data, size }, &claims))
        assert(text_equal(token_sign(arena, ring(), claims), (struct text){ (const char *)data, size }));
    return 0;
}
