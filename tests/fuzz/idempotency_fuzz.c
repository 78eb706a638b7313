/* An Idempotency-Key as a stranger sends it: what is taken stood in the header, is plain and short, and holds
 * off nobody but who sends the same as the same. */
#include "api/call.h"
#include "headers.h"
#include "record/site.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEY_LENGTH_MAX = 200 };

static bool is_plain(struct text key)
{
    for (size_t i = 0; i < key.length; i++)
        if (key.data[i] <= ' ' || key.data[i] > '~')
            return false;
    return key.length > 0 && key.length <= KEY_LENGTH_MAX;
}

static void check_taken(struct call *call, struct running_keys *keys)
{
    struct call again = *call, other = *call;
    assert(is_plain(call->idempotency_key));
    other.work.actor.user_id = TEXT("somebody else");
    bool runs_twice = idempotency_begin(&again, keys);
    assert(!runs_twice && again.work.error.code == ERROR_idempotency_running);
    bool others_run = idempotency_begin(&other, keys);
    assert(others_run && again.idempotency_key.length == 0);
    idempotency_end(&other, keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct route route = { .method = METHOD_POST, .cost = COST_WRITE };
    static struct running_keys *keys;
    if (!keys)
        keys = running_keys_create();
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct request request = { .method = METHOD_POST };
    struct call call = { .work = { .arena = arena }, .request = &request, .route = &route };
    headers_read(&request, arena, (struct text){ (const char *)data, size });
    struct text sent = request_header(&request, TEXT("Idempotency-Key"));

    if (!idempotency_begin(&call, keys)) {
        assert(call.work.error.code == ERROR_malformed_header && !is_plain(sent));
        return 0;
    }
    assert(text_equal(call.idempotency_key, sent));
    if (sent.length == 0)
        return 0;
    check_taken(&call, keys);
    idempotency_end(&call, keys);
    return 0;
}
