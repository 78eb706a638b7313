#include "identity/known_token.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SET_COUNT = 2048, WAYS = 4, LOCK_COUNT = 64 };

struct known {
    unsigned char digest[SHA256_SIZE];
    struct holder holder; /* role 0: free */
    struct token_use use;
};

struct known_tokens {
    pthread_mutex_t locks[LOCK_COUNT]; /* each for the sets of its remainder; held for a copy's time */
    struct known sets[SET_COUNT][WAYS];
};

struct known_tokens *known_tokens_create(void)
{
    struct known_tokens *known = memory_new(struct known_tokens);
    for (size_t i = 0; i < LOCK_COUNT; i++)
        pthread_mutex_init(&known->locks[i], NULL);
    return known;
}

void known_tokens_destroy(struct known_tokens *known)
{
    if (!known)
        return;
    for (size_t i = 0; i < LOCK_COUNT; i++)
        pthread_mutex_destroy(&known->locks[i]);
    free(known);
}

void holder_keep_id(char out[static UUID_LENGTH + 1], struct text id)
{
    if (id.length != UUID_LENGTH)
        return;
    memcpy(out, id.data, UUID_LENGTH);
    out[UUID_LENGTH] = '\0';
}

static size_t set_of(const unsigned char *digest)
{
    return (size_t)(digest[0] | digest[1] << 8) % SET_COUNT;
}

static bool is_of(const struct known *known, const unsigned char *digest)
{
    return known->holder.role && memcmp(known->digest, digest, SHA256_SIZE) == 0;
}

/* NULL: not known. The set's lock is held. */
static struct known *find(struct known *set, const unsigned char *digest)
{
    for (struct known *way = set; way < set + WAYS; way++)
        if (is_of(way, digest))
            return way;
    return NULL;
}

bool known_tokens_find(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                       struct holder *holder)
{
    size_t set = set_of(digest);
    pthread_mutex_lock(&known->locks[set % LOCK_COUNT]);
    const struct known *way = find(known->sets[set], digest);
    if (way)
        *holder = way->holder;
    pthread_mutex_unlock(&known->locks[set % LOCK_COUNT]);
    return way;
}

void known_tokens_count(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                        int64_t now_ms)
{
    size_t set = set_of(digest);
    pthread_mutex_lock(&known->locks[set % LOCK_COUNT]);
    struct known *way = find(known->sets[set], digest);
    if (way)
        way->use = (struct token_use){ now_ms, way->use.count + 1 };
    pthread_mutex_unlock(&known->locks[set % LOCK_COUNT]);
}

/* Its own place, or the one that expires first. */
static struct known *place_for(struct known *set, const unsigned char *digest)
{
    struct known *place = set;
    for (struct known *way = set; way < set + WAYS; way++) {
        if (is_of(way, digest))
            return way;
        if (way->holder.expires_ms < place->holder.expires_ms)
            place = way;
    }
    return place;
}

void known_tokens_keep(struct known_tokens *known, const unsigned char digest[static SHA256_SIZE],
                       const struct holder *holder)
{
    size_t set = set_of(digest);
    pthread_mutex_lock(&known->locks[set % LOCK_COUNT]);
    struct known *place = place_for(known->sets[set], digest);
    struct token_use use = is_of(place, digest) ? place->use : (struct token_use){};
    *place = (struct known){ .holder = *holder, .use = use };
    memcpy(place->digest, digest, SHA256_SIZE);
    pthread_mutex_unlock(&known->locks[set % LOCK_COUNT]);
}

void known_tokens_each_used(struct known_tokens *known,
                            void (*each)(const struct holder *holder, const struct token_use *use,
                                         void *data),
                            void *data)
{
    for (size_t set = 0; set < SET_COUNT; set++) {
        pthread_mutex_lock(&known->locks[set % LOCK_COUNT]);
        for (struct known *way = known->sets[set]; way < known->sets[set] + WAYS; way++)
            if (way->holder.role && way->use.count > 0) {
                each(&way->holder, &way->use, data);
                way->use.count = 0;
            }
        pthread_mutex_unlock(&known->locks[set % LOCK_COUNT]);
    }
}
