#include "api/remembered.h"
#include "base/memory.h"
#include "sql/database.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SHELVES = 64, PLACES = 16, ANSWER_MAX = 64 * 1024, KEY_MAX = 2048 };

/* One answer: its key, header lines and body, one behind the other. */
struct place {
    uint64_t hash, version;
    size_t key_length, headers_length, body_length, capacity;
    struct text content_type; /* a constant's */
    char *bytes;
};

struct shelf {
    pthread_mutex_t mutex;
    size_t next; /* whose turn it is to make room */
    struct place places[PLACES];
};

struct remembered {
    struct shelf shelves[SHELVES];
};

struct remembered *remembered_create(void)
{
    struct remembered *remembered = memory_new(struct remembered);
    for (int i = 0; i < SHELVES; i++)
        pthread_mutex_init(&remembered->shelves[i].mutex, NULL);
    return remembered;
}

void remembered_destroy(struct remembered *remembered)
{
    for (int i = 0; remembered && i < SHELVES; i++) {
        for (int place = 0; place < PLACES; place++)
            free(remembered->shelves[i].places[place].bytes);
        pthread_mutex_destroy(&remembered->shelves[i].mutex);
    }
    free(remembered);
}

/* Who asks and for what: the same rows, columns and order follow from these alone. */
static struct text key_of(const struct call *call)
{
    const struct actor *actor = &call->work.actor;
    struct buffer key = { .arena = call->work.arena };
    buffer_add_byte(&key, (char)actor->role);
    const struct text parts[] = { actor->user_id,    actor->tenant_id,  actor->tenant_ids,
                                  actor->api_key_id, actor->sponsor_id, call->request->target };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buffer_add(&key, parts[i]);
        buffer_add_byte(&key, '\0');
    }
    return key.text;
}

static bool is_remembered(const struct call *call)
{
    return call->route->table && call->route->action == READ && call->request->target.length < KEY_MAX / 2;
}

static struct place *find(struct shelf *shelf, uint64_t hash, struct text key)
{
    for (struct place *place = shelf->places; place < shelf->places + PLACES; place++)
        if (place->hash == hash && place->version > 0
            && text_equal((struct text){ place->bytes, place->key_length }, key))
            return place;
    return NULL;
}

static void give(const struct place *place, struct response *response)
{
    const char *headers = place->bytes + place->key_length;
    response->status = 200;
    response->content_type = place->content_type;
    buffer_add(&response->headers, (struct text){ headers, place->headers_length });
    buffer_add(&response->body, (struct text){ headers + place->headers_length, place->body_length });
}

bool remembered_find(struct remembered *remembered, struct call *call)
{
    uint64_t version = is_remembered(call) ? database_version(call->work.site->database) : 0;
    call->state->version = version;
    if (version == 0)
        return false;
    call->state->key = key_of(call);
    uint64_t hash = text_hash(call->state->key);
    struct shelf *shelf = &remembered->shelves[hash % SHELVES];
    pthread_mutex_lock(&shelf->mutex);
    const struct place *place = find(shelf, hash, call->state->key);
    bool found = place && place->version == version;
    if (found)
        give(place, call->response);
    pthread_mutex_unlock(&shelf->mutex);
    return found;
}

static void fill(struct place *place, uint64_t hash, const struct call *call)
{
    const struct response *response = call->response;
    struct text key = call->state->key;
    size_t size = key.length + response->headers.length + response->body.length;
    if (size > place->capacity) {
        place->bytes = memory_require(realloc(place->bytes, size));
        place->capacity = size;
    }
    place->hash = hash;
    place->version = call->state->version;
    place->key_length = key.length;
    place->headers_length = response->headers.length;
    place->body_length = response->body.length;
    place->content_type = response->content_type;
    char *at = mempcpy(place->bytes, key.data, key.length);
    if (response->headers.length > 0)
        at = mempcpy(at, response->headers.data, response->headers.length);
    memcpy(at, response->body.data, response->body.length);
}

void remembered_keep(struct remembered *remembered, const struct call *call)
{
    if (call->state->version == 0 || call->response->status != 200
        || call->response->body.length > ANSWER_MAX)
        return;
    uint64_t hash = text_hash(call->state->key);
    struct shelf *shelf = &remembered->shelves[hash % SHELVES];
    pthread_mutex_lock(&shelf->mutex);
    struct place *place = find(shelf, hash, call->state->key);
    if (!place)
        place = &shelf->places[shelf->next++ % PLACES];
    fill(place, hash, call);
    pthread_mutex_unlock(&shelf->mutex);
}
