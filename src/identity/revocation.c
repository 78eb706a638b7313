#include "identity/revocation.h"
#include "base/memory.h"
#include "base/random.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_START = 1024 /* a power of two */ };

struct mark {
    char id[UUID_LENGTH]; /* "" = free */
    int64_t least, seen, until_ms;
    uint64_t loaded; /* which load had begun when the news came */
};

/* An open-addressing table. Writing is rare and short, so that readers hardly ever wait. */
struct revocations {
    pthread_rwlock_t lock;
    struct mark *marks;
    size_t capacity, used;
    uint64_t loads, doubts;
    atomic_bool trusted; /* written under the lock */
};

struct revocations *revocations_create(void)
{
    struct revocations *revocations = memory_new(struct revocations);
    pthread_rwlock_init(&revocations->lock, NULL);
    revocations->capacity = MARKS_START;
    revocations->marks = memory_array(struct mark, MARKS_START);
    return revocations;
}

void revocations_destroy(struct revocations *revocations)
{
    if (!revocations)
        return;
    pthread_rwlock_destroy(&revocations->lock);
    free(revocations->marks);
    free(revocations);
}

/* The mark of this id, or the free place where it would stand. */
static struct mark *find(struct mark *marks, size_t capacity, const char *id)
{
    size_t at = (size_t)text_hash((struct text){ id, UUID_LENGTH }) & (capacity - 1);
    while (marks[at].id[0] && memcmp(marks[at].id, id, UUID_LENGTH) != 0)
        at = (at + 1) & (capacity - 1);
    return &marks[at];
}

/* Moves what still counts into a table with room for as many again. */
static void rebuild(struct revocations *revocations, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < revocations->capacity; i++)
        kept += revocations->marks[i].id[0] && revocations->marks[i].until_ms > now_ms;
    size_t capacity = MARKS_START;
    while (capacity < kept * 4)
        capacity *= 2;
    struct mark *marks = memory_array(struct mark, capacity);
    for (size_t i = 0; i < revocations->capacity; i++) {
        const struct mark *mark = &revocations->marks[i];
        if (mark->id[0] && mark->until_ms > now_ms)
            *find(marks, capacity, mark->id) = *mark;
    }
    free(revocations->marks);
    revocations->marks = marks;
    revocations->capacity = capacity;
    revocations->used = kept;
}

void revocations_mark(struct revocations *revocations, const struct revocation *news, int64_t now_ms)
{
    if (news->id.length != UUID_LENGTH)
        return;
    pthread_rwlock_wrlock(&revocations->lock);
    if (revocations->used >= revocations->capacity / 2)
        rebuild(revocations, now_ms);
    struct mark *mark = find(revocations->marks, revocations->capacity, news->id.data);
    if (!mark->id[0]) {
        memcpy(mark->id, news->id.data, UUID_LENGTH);
        mark->seen = INT64_MIN;
        revocations->used++;
    }
    if (news->seen >= mark->seen) {
        mark->least = news->least;
        mark->seen = news->seen;
        mark->until_ms = news->until_ms;
        mark->loaded = revocations->loads;
    }
    pthread_rwlock_unlock(&revocations->lock);
}

/* The lock is held. */
static bool allows(const struct revocations *revocations, const struct row_version *row)
{
    if (row->id.length != UUID_LENGTH)
        return true;
    const struct mark *mark = find(revocations->marks, revocations->capacity, row->id.data);
    return !mark->id[0] || row->version >= mark->least;
}

bool revocations_allow_all(struct revocations *revocations, const struct row_version *rows, size_t count)
{
    size_t allowed = 0;
    pthread_rwlock_rdlock(&revocations->lock);
    while (allowed < count && allows(revocations, &rows[allowed]))
        allowed++;
    pthread_rwlock_unlock(&revocations->lock);
    return allowed == count;
}

bool revocations_allow(struct revocations *revocations, struct text id, int64_t version)
{
    return id.length != UUID_LENGTH
        || revocations_allow_all(revocations, &(struct row_version){ id, version }, 1);
}

size_t revocations_count(struct revocations *revocations)
{
    pthread_rwlock_rdlock(&revocations->lock);
    size_t count = revocations->used;
    pthread_rwlock_unlock(&revocations->lock);
    return count;
}

bool revocations_are_trusted(struct revocations *revocations)
{
    return atomic_load(&revocations->trusted);
}

void revocations_doubt(struct revocations *revocations)
{
    pthread_rwlock_wrlock(&revocations->lock);
    atomic_store(&revocations->trusted, false);
    revocations->doubts++;
    pthread_rwlock_unlock(&revocations->lock);
}

struct revocations_reading revocations_load_begin(struct revocations *revocations)
{
    pthread_rwlock_wrlock(&revocations->lock);
    struct revocations_reading reading = { ++revocations->loads, revocations->doubts };
    pthread_rwlock_unlock(&revocations->lock);
    return reading;
}

/* What another load that began later has told of is its own to end. */
void revocations_load_end(struct revocations *revocations, const struct revocations_reading *reading)
{
    pthread_rwlock_wrlock(&revocations->lock);
    for (size_t i = 0; i < revocations->capacity; i++) {
        struct mark *mark = &revocations->marks[i];
        if (mark->until_ms == UNTIL_REOPENED && mark->loaded < reading->load)
            mark->until_ms = mark->least = 0;
    }
    if (reading->doubts == revocations->doubts) /* all news since could be read */
        atomic_store(&revocations->trusted, true);
    pthread_rwlock_unlock(&revocations->lock);
}
