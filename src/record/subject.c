#include "record/subject.h"
#include "base/memory.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "model/model.h"
#include "record/sql_text.h"
#include "record/store.h"
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A subject has one place, given by its id: a newer one with the same place takes it. */
enum { PLACES = 4096 };

struct place {
    char subject_id[UUID_LENGTH + 1];
    struct key key;
    uint64_t forgotten; /* how often it was; what was read before is not remembered behind it */
};

struct subject_cache {
    pthread_mutex_t lock;
    uint64_t forgotten; /* how often all were */
    struct place places[PLACES];
};

struct subject_cache *subject_cache_create(void)
{
    struct subject_cache *cache = memory_new(struct subject_cache);
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void subject_cache_destroy(struct subject_cache *cache)
{
    if (!cache)
        return;
    pthread_mutex_destroy(&cache->lock);
    OPENSSL_cleanse(cache->places, sizeof cache->places);
    free(cache);
}

static struct place *place_of(struct subject_cache *cache, struct text subject_id)
{
    return &cache->places[text_hash(subject_id) % PLACES];
}

/* *forgotten: for cache_add, if it is to be read. */
static bool cache_find(struct subject_cache *cache, struct text subject_id, struct key *key,
                       uint64_t *forgotten)
{
    struct place *place = place_of(cache, subject_id);
    pthread_mutex_lock(&cache->lock);
    bool found = text_is(subject_id, place->subject_id);
    if (found)
        *key = place->key;
    *forgotten = place->forgotten + cache->forgotten;
    pthread_mutex_unlock(&cache->lock);
    return found;
}

/* A key that may have been destroyed since it was read is read again by whoever needs it next. */
static void cache_add(struct subject_cache *cache, struct text subject_id, const struct key *key,
                      uint64_t forgotten)
{
    struct place *place = place_of(cache, subject_id);
    pthread_mutex_lock(&cache->lock);
    if (place->forgotten + cache->forgotten == forgotten) {
        memcpy(place->subject_id, subject_id.data, UUID_LENGTH);
        place->key = *key;
    }
    pthread_mutex_unlock(&cache->lock);
}

/* Under the lock. */
static void empty(struct place *place)
{
    OPENSSL_cleanse(place->subject_id, sizeof place->subject_id);
    OPENSSL_cleanse(&place->key, sizeof place->key);
}

void subject_cache_forget(struct subject_cache *cache, struct text subject_id)
{
    struct place *place = place_of(cache, subject_id);
    pthread_mutex_lock(&cache->lock);
    place->forgotten++;
    if (text_is(subject_id, place->subject_id))
        empty(place);
    pthread_mutex_unlock(&cache->lock);
}

void subject_cache_forget_all(struct subject_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    cache->forgotten++;
    for (struct place *place = cache->places; place < cache->places + PLACES; place++)
        if (place->subject_id[0])
            empty(place);
    pthread_mutex_unlock(&cache->lock);
}

struct learnt {
    struct text subject_id;
    struct key key;
    uint64_t forgotten;
};

static void remember(struct work *work, void *data)
{
    struct learnt *learnt = data;
    cache_add(work->site->subjects, learnt->subject_id, &learnt->key, learnt->forgotten);
    OPENSSL_cleanse(&learnt->key, sizeof learnt->key);
}

/* What a transaction made or saw may yet be undone: it is remembered once it is committed. */
static void learn(struct work *work, struct text subject_id, const struct key *key, uint64_t forgotten)
{
    struct learnt *learnt = arena_new(work->arena, struct learnt);
    *learnt = (struct learnt){ arena_copy(work->arena, subject_id), *key, forgotten };
    if (work->transacting)
        work_after_commit(work, remember, learnt);
    else
        remember(work, learnt);
}

static struct text place_text(struct work *work, struct text subject_id)
{
    return arena_format(work->arena, "subject_keys.key_sealed:%.*s", TEXT_ARG(subject_id));
}

static bool open_key(struct work *work, const struct subject_key *row, struct key *key)
{
    if (!value_is_set(row->key_sealed))
        return fail(&work->error, ERROR_not_found, "%s", subject_keys_table.row_name);
    struct text plain, place = place_text(work, row->subject_id.text);
    if (!unseal(work->arena, work->site->keyring, row->key_sealed.text, place, &plain, &work->error))
        return false;
    if (plain.length != KEY_SIZE)
        return fail(&work->error, ERROR_internal, "a subject's key of %zu bytes", plain.length);
    *key = (struct key){};
    memcpy(key->bytes, plain.data, KEY_SIZE);
    return true;
}

/* Of two that make it at once the first one's stays: *mine tells whether it is this one. */
static bool insert_key(struct work *work, struct text subject_id, struct key *key, bool *mine)
{
    *key = (struct key){};
    random_bytes(key->bytes, KEY_SIZE);
    struct text plain = { (const char *)key->bytes, KEY_SIZE }, place = place_text(work, subject_id);
    struct subject_key row = {
        .id = value_text(random_uuid(work->arena, work->now)),
        .subject_id = value_text(subject_id),
        .key_sealed = value_text(seal(work->arena, work->site->keyring, plain, place)),
        .created_at = value_time(work->now),
        .updated_at = value_time(work->now),
        .revision = value_integer(1),
    };
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_insert(&sql, &subject_keys_table, row.cells, "");
    sql_add(&sql, ") ON CONFLICT (subject_id) DO NOTHING");
    struct result result;
    if (!sql_run(work, &sql, &result))
        return false;
    *mine = result.changed > 0;
    return true;
}

static bool find_row(struct work *work, struct text subject_id, struct subject_key *row)
{
    return store_find_by(work, &subject_keys_table, "subject_id", value_text(subject_id), false, row->cells);
}

bool subject_key(struct work *work, struct text subject_id, struct key *key)
{
    bool mine = false;
    uint64_t forgotten;
    if (cache_find(work->site->subjects, subject_id, key, &forgotten))
        return true;
    struct subject_key row;
    bool found = find_row(work, subject_id, &row);
    if (!found && (work->error.code != ERROR_not_found || !work->transacting))
        return false;
    if (!found) {
        error_clear(&work->error);
        if (!insert_key(work, subject_id, key, &mine) || (!mine && !find_row(work, subject_id, &row)))
            return false;
    }
    if (!mine && !open_key(work, &row, key))
        return false;
    learn(work, subject_id, key, forgotten);
    return true;
}

bool subject_key_destroy(struct work *work, struct text subject_id)
{
    static const char destroy[] =
        "INSERT INTO subject_keys (id, subject_id, destroyed_at, created_at, updated_at) VALUES ($1, $2, $3, "
        "$3, $3) "
        "ON CONFLICT (subject_id) DO UPDATE SET key_sealed = NULL, destroyed_at = excluded.destroyed_at, "
        "updated_at = excluded.updated_at, revision = subject_keys.revision + 1";
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, destroy,
                  PARAMETERS(value_text(random_uuid(work->arena, work->now)), value_text(subject_id),
                             value_time(work->now)))
        && store_announce(work, &subject_keys_table, subject_id);
}

static bool forget(struct work *work, struct text subject_id)
{
    subject_cache_forget(work->site->subjects, subject_id);
    return true;
}

const struct watcher subject_watchers[] = { { &subject_keys_table, forget }, {} };
