#include "events/ring.h"
#include "base/memory.h"
#include "events/message.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ring {
    pthread_rwlock_t lock;
    int64_t first, next; /* positions: of the oldest kept, and behind the latest */
    struct message messages[RING_EVENTS];
};

struct ring *ring_create(void)
{
    struct ring *ring = memory_new(struct ring);
    pthread_rwlock_init(&ring->lock, NULL);
    ring_begin(ring, 1);
    return ring;
}

static struct message *message_at(struct ring *ring, int64_t position)
{
    return &ring->messages[position % RING_EVENTS];
}

void ring_destroy(struct ring *ring)
{
    if (!ring)
        return;
    for (size_t i = 0; i < RING_EVENTS; i++)
        free((char *)(uintptr_t)ring->messages[i].text.data);
    pthread_rwlock_destroy(&ring->lock);
    free(ring);
}

void ring_begin(struct ring *ring, int64_t next)
{
    pthread_rwlock_wrlock(&ring->lock);
    ring->first = ring->next = next;
    pthread_rwlock_unlock(&ring->lock);
}

void ring_add(struct ring *ring, const struct message *message)
{
    char *text = memory_require(malloc(message->text.length));
    memcpy(text, message->text.data, message->text.length);
    pthread_rwlock_wrlock(&ring->lock);
    struct message *place = message_at(ring, message->position);
    char *left_behind = (char *)(uintptr_t)place->text.data;
    *place = *message;
    place->text.data = text;
    ring->next = message->position + 1;
    if (ring->next - ring->first > RING_EVENTS)
        ring->first = ring->next - RING_EVENTS;
    pthread_rwlock_unlock(&ring->lock);
    free(left_behind);
}

int64_t ring_next(struct ring *ring)
{
    pthread_rwlock_rdlock(&ring->lock);
    int64_t next = ring->next;
    pthread_rwlock_unlock(&ring->lock);
    return next;
}

bool ring_has(struct ring *ring, int64_t position)
{
    pthread_rwlock_rdlock(&ring->lock);
    bool has = position >= ring->first && position <= ring->next;
    pthread_rwlock_unlock(&ring->lock);
    return has;
}

bool ring_read(struct ring *ring, const struct actor *actor, int64_t *position, char *room, size_t size,
               size_t *length)
{
    *length = 0;
    pthread_rwlock_rdlock(&ring->lock);
    bool is_kept = *position >= ring->first;
    for (; is_kept && *position < ring->next; ++*position) {
        const struct message *message = message_at(ring, *position);
        if (!message_is_for(message, actor))
            continue;
        if (message->text.length > size - *length)
            break;
        memcpy(room + *length, message->text.data, message->text.length);
        *length += message->text.length;
    }
    pthread_rwlock_unlock(&ring->lock);
    return is_kept;
}
