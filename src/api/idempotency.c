/*
 * Idempotency-Key on POST: the key's row stands in the transaction of what it did, so that the first answer
 * comes again for 24 hours, and nothing is done twice. Only 2xx are kept, sealed. The body's digest tells
 * other content.
 */
#include "api/answer.h"
#include "api/call.h"
#include "base/calendar.h"
#include "base/memory.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "record/reach.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_LENGTH_MAX = 200, RUNNING_MAX = 4096, KEPT_MS = DAY_MS };

/* Those that run on this node now, by digest of actor and key. Other nodes are held off by db_lock. */
struct running_keys {
    pthread_mutex_t mutex;
    size_t count;
    uint64_t digests[RUNNING_MAX];
};

struct running_keys *running_keys_create(void)
{
    struct running_keys *keys = memory_new(struct running_keys);
    pthread_mutex_init(&keys->mutex, NULL);
    return keys;
}

void running_keys_destroy(struct running_keys *keys)
{
    if (keys)
        pthread_mutex_destroy(&keys->mutex);
    free(keys);
}

static struct text actor_of(const struct call *call)
{
    const struct actor *actor = &call->work.actor;
    return actor_is_impersonated(actor) ? actor->session_id
         : actor->user_id.length > 0    ? actor->user_id
         : actor->api_key_id.length > 0 ? actor->api_key_id
                                        : TEXT("system");
}

/* The request's digest: method and path, and the body's bytes. */
static struct text digest(struct call *call)
{
    struct buffer whole = { .arena = call->work.arena };
    buffer_print(&whole, "%s ", method_names[call->request->method]);
    buffer_add(&whole, call->request->target);
    buffer_add_byte(&whole, '\n');
    buffer_add(&whole, call->request->body);
    return sha256_hex(call->work.arena, whole.text);
}

static uint64_t running_digest(struct call *call)
{
    return text_hash(arena_format(call->work.arena, "%.*s %.*s", TEXT_ARG(actor_of(call)),
                                  TEXT_ARG(call->idempotency_key)));
}

static size_t find_running(const struct running_keys *keys, uint64_t wanted)
{
    size_t i = 0;
    while (i < keys->count && keys->digests[i] != wanted)
        i++;
    return i;
}

static bool is_key(struct text key)
{
    for (size_t i = 0; i < key.length; i++)
        if (key.data[i] < 0x21 || key.data[i] > 0x7e)
            return false;
    return key.length > 0 && key.length <= KEY_LENGTH_MAX;
}

bool idempotency_begin(struct call *call, struct running_keys *keys)
{
    struct text key = request_header(call->request, TEXT("Idempotency-Key"));
    if (key.length == 0 || !route_takes_key(call->route))
        return true;
    if (!is_key(key))
        return fail(&call->work.error, ERROR_malformed_header, "Idempotency-Key");
    call->idempotency_key = key;
    uint64_t wanted = running_digest(call);
    pthread_mutex_lock(&keys->mutex);
    bool runs = find_running(keys, wanted) < keys->count;
    bool room = keys->count < RUNNING_MAX;
    if (!runs && room)
        keys->digests[keys->count++] = wanted;
    pthread_mutex_unlock(&keys->mutex);
    if (!runs && room)
        return true;
    call->idempotency_key = (struct text){}; /* not ours to end */
    return fail(&call->work.error, runs ? ERROR_idempotency_running : ERROR_overloaded, "");
}

void idempotency_end(struct call *call, struct running_keys *keys)
{
    uint64_t wanted = running_digest(call);
    pthread_mutex_lock(&keys->mutex);
    size_t i = find_running(keys, wanted);
    if (i < keys->count)
        keys->digests[i] = keys->digests[--keys->count];
    pthread_mutex_unlock(&keys->mutex);
}

static struct text place_of(struct call *call)
{
    return arena_format(call->work.arena, "idempotency_keys.body:%.*s:%.*s", TEXT_ARG(actor_of(call)),
                        TEXT_ARG(call->idempotency_key));
}

/* What is sealed: the status, the handler's header lines, an empty line, the body. */
static bool answer_again(struct call *call, struct text sealed)
{
    struct text kept;
    if (!unseal(call->work.arena, call->work.site->keyring, sealed, place_of(call), &kept, &call->work.error))
        return false;
    int64_t status = 0;
    struct text head = text_cut(&kept, '\0');
    if (!text_to_integer(text_cut(&head, '\n'), &status))
        return fail(&call->work.error, ERROR_internal, "a kept reply is malformed");
    call->response->status = (int)status;
    call->response->content_type = kept.length > 0 ? TEXT("application/json; charset=utf-8") : TEXT("");
    buffer_add(&call->response->headers, head);
    response_header(call->response, TEXT("Idempotency-Replayed"), TEXT("true"));
    buffer_add(&call->response->body, kept);
    return true;
}

bool idempotency_replay(struct call *call, bool *replayed)
{
    struct work *work = &call->work;
    struct text actor = actor_of(call), key = call->idempotency_key;
    struct result result;
    *replayed = false;
    if (!db_lock(work->db, work->arena, &work->error, place_of(call))
        || !db_run(work->db, work->arena, &result, &work->error,
                   "SELECT request_hash, body FROM idempotency_keys WHERE actor = $1 AND key = $2 AND "
                   "expires_at > $3",
                   PARAMETERS(value_text(actor), value_text(key), value_time(work->now))))
        return false;
    if (result.row_count == 0)
        return true;
    if (!text_equal(cell_text(result.cells[0]), digest(call)))
        return fail(&work->error, ERROR_idempotency_differs, "");
    *replayed = true;
    return answer_again(call, cell_text(result.cells[1]));
}

bool idempotency_keep(struct call *call)
{
    struct work *work = &call->work;
    const struct response *response = call->response;
    struct buffer kept = { .arena = work->arena };
    buffer_print(&kept, "%d\n", response->status);
    buffer_add(&kept, response->headers.text);
    buffer_add_byte(&kept, '\0');
    buffer_add(&kept, response->body.text);
    struct text sealed = seal(work->arena, work->site->keyring, kept.text, place_of(call));
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM idempotency_keys WHERE actor = $1 AND key = $2",
                  PARAMETERS(value_text(actor_of(call)), value_text(call->idempotency_key)))
        && db_run(work->db, work->arena, &result, &work->error,
                  "INSERT INTO idempotency_keys (id, actor, key, request_hash, status, body, created_at, "
                  "expires_at) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                  PARAMETERS(value_text(random_uuid(work->arena, work->now)), value_text(actor_of(call)),
                             value_text(call->idempotency_key), value_text(digest(call)),
                             value_integer(response->status), value_text(sealed), value_time(work->now),
                             value_time(work->now + KEPT_MS)));
}
