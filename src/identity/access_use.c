/* When sessions and keys were last used: gathered in memory, written each minute, since a write for each
 * request would cost more than the request. */
#include "identity/api_key.h"
#include "identity/known_token.h"
#include "record/site.h"
#include "record/transact.h"

enum { BATCH_MAX = 100 };

struct use {
    struct text id;
    struct token_use use;
    bool is_key;
};

struct uses {
    struct arena *arena;
    struct use *list;
    size_t count, capacity, written;
};

static void gather(const struct holder *holder, const struct token_use *use, void *data)
{
    struct uses *uses = data;
    uses->list = arena_extend(uses->arena, uses->list, sizeof *uses->list, uses->count, &uses->capacity);
    bool is_key = holder_is_machine(holder);
    struct text id = text_from(is_key ? holder->api_key_id : holder->session_id);
    uses->list[uses->count++] = (struct use){ arena_copy(uses->arena, id), *use, is_key };
}

static bool write_batch(struct work *work, void *data)
{
    static const char session[] =
        "UPDATE user_sessions SET last_activity_at = $1 WHERE id = $2 AND is_active";
    static const char key[] = "UPDATE api_keys SET last_used_at = $1, request_count = request_count + $3 "
                              "WHERE id = $2";
    struct uses *uses = data;
    size_t end = uses->written + BATCH_MAX < uses->count ? uses->written + BATCH_MAX : uses->count;
    for (size_t i = uses->written; i < end; i++) {
        const struct use *use = &uses->list[i];
        const struct value parameters[] = { value_time(use->use.used_ms), value_text(use->id),
                                            value_integer(use->use.count) };
        struct result result;
        if (!db_run(work->db, work->arena, &result, &work->error, use->is_key ? key : session, parameters,
                    use->is_key ? 3 : 2))
            return false;
    }
    return true;
}

bool access_flush_use(struct work *work)
{
    struct uses uses = { .arena = work->arena };
    known_tokens_each_used(work->site->known_tokens, gather, &uses);
    for (; uses.written < uses.count; uses.written += BATCH_MAX)
        if (!db_transact(work, write_batch, &uses))
            return false;
    return true;
}
