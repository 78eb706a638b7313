/* A refresh token as a stranger sends it: what is taken for ours has a session's id and is spelled as we
 * spell it. */
#include "base/random.h"
#include "crypto/hash.h"
#include "identity/refresh_token.h"
#include "record/site.h"
#include "ring.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct site site = { .keyring = ring() };
    struct work work = { .arena = arena, .site = &site };
    struct text token = { (const char *)data, size }, session_id, bytes;
    if (!refresh_token_read(&work, token, &session_id))
        return 0;
    bool decoded = base64url_decode(arena, token, &bytes);
    assert(decoded && text_equal(base64url_encode(arena, bytes), token));
    assert(text_is_uuid(session_id) && text_starts(bytes, session_id));
    return 0;
}
