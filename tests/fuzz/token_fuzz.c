/* An access token as a stranger sends it: whatever it is, no more than false; and what verifies is what we
 * signed. */
#include "crypto/token.h"
#include "ring.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text claims;
    if (token_verify(arena, ring(), (struct text){ (const char *)data, size }, &claims))
        assert(text_equal(token_sign(arena, ring(), claims), (struct text){ (const char *)data, size }));
    return 0;
}
