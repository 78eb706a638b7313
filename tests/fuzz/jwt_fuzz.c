/* A token and a key set as an identity provider sends them: a line, and what is behind it. Whatever they are,
 * nothing but an outcome; and what verifies has a key in the set, and an algorithm that we take. */
#include "sso/jwt.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text key_set = { (const char *)data, size }, token = text_cut(&key_set, '\n');
    struct jwt jwt;
    if (!jwt_read(arena, token, &jwt))
        return 0;
    enum signature_algorithm algorithm = jwt.algorithm;
    assert(algorithm == SIGNATURE_RS256 || algorithm == SIGNATURE_ES256 || algorithm == SIGNATURE_EDDSA);
    assert(jwt.covered.length + 1 < token.length);
    if (jwt_verify(arena, &jwt, key_set) == JWT_GENUINE)
        assert(text_contains(key_set, TEXT("keys")) && jwt.signature.length > 0);
    return 0;
}
