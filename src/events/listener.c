/* Who listens to events: from the ring, and before it from the table. */
#include "base/metrics.h"
#include "events/feed_parts.h"
#include "events/message.h"
#include "record/site.h"
#include <stdio.h>

enum { BACKLOG_EVENTS = 1'000 /* read from the table for one who comes; for the next he comes again */ };

/* Whose streams are counted together: a person's, or a key's. The socket's peer is nobody. */
static bool same_actor(const struct actor *a, const struct actor *b)
{
    return text_equal(a->user_id, b->user_id) && text_equal(a->api_key_id, b->api_key_id);
}

static int count_of(const struct feed *feed, const struct actor *actor)
{
    int count = 0;
    for (const struct listener *listener = feed->listeners; listener; listener = listener->next)
        count += same_actor(&listener->actor, actor);
    return count;
}

static void link_in(struct feed *feed, struct listener *listener)
{
    listener->next = feed->listeners;
    if (listener->next)
        listener->next->previous = listener;
    feed->listeners = listener;
    feed->listener_count++;
    metric_add(METRIC_listeners, 1);
}

bool listener_join(struct work *work, struct listener *listener, const struct stream *stream)
{
    enum { COME_AGAIN_SECONDS = 5 };
    struct feed *feed = work->site->feed;
    work->error.retry_after_seconds = COME_AGAIN_SECONDS;
    if (!feed)
        return fail(&work->error, ERROR_overloaded, "");
    listener->feed = feed;
    listener->actor = work->actor;
    listener->stream = *stream;
    listener->stream.reader = listener;
    pthread_mutex_lock(&feed->lock);
    bool is_full = feed->listener_count >= FEED_LISTENERS_MAX;
    bool has_many = count_of(feed, &work->actor) >= FEED_LISTENERS_PER_ACTOR_MAX;
    if (!is_full && !has_many)
        link_in(feed, listener);
    pthread_mutex_unlock(&feed->lock);
    if (is_full)
        return fail(&work->error, ERROR_overloaded, "");
    return !has_many || fail(&work->error, ERROR_too_many_streams, "%d", FEED_LISTENERS_PER_ACTOR_MAX);
}

void listener_leave(struct listener *listener)
{
    struct feed *feed = listener->feed;
    pthread_mutex_lock(&feed->lock);
    *(listener->previous ? &listener->previous->next : &feed->listeners) = listener->next;
    if (listener->next)
        listener->next->previous = listener->previous;
    feed->listener_count--;
    pthread_mutex_unlock(&feed->lock);
    metric_add(METRIC_listeners, -1);
}

enum stay listener_may_stay(const struct listener *listener)
{
    return listener->feed->options.may_stay(listener->feed->options.site, &listener->actor);
}

void feed_add_greeting(struct buffer *begin)
{
    buffer_add(begin, TEXT("retry: 1000\n\n"));
}

struct event_listener {
    struct listener listener; /* first */
    int64_t position;         /* that it wants next */
    bool is_behind;           /* it has got what the table gives at once, and comes again for the rest */
};

static size_t next_events(void *reader, bool quiet, char *room, size_t size, bool *over)
{
    struct event_listener *own = reader;
    enum stay stay = listener_may_stay(&own->listener);
    size_t length = 0;
    *over = own->is_behind || stay == STAY_REFUSED
         || (stay == STAY_GRANTED
             && !ring_read(own->listener.feed->ring, &own->listener.actor, &own->position, room, size,
                           &length));
    /* A sign of life says how far it has come: who sees little need not begin far behind when he comes again.
     */
    if (!*over && quiet && length == 0)
        length = (size_t)snprintf(room, size, ":\nid: %lld\n\n", (long long)own->position - 1);
    return length;
}

static void add_place(const struct event_listener *own, struct buffer *begin)
{
    buffer_print(begin, "id: %lld\n\n", (long long)own->position - 1);
}

static void close_events(void *reader)
{
    listener_leave(reader);
}

/* What lies behind `after` in the table and before what the ring is still to get. *whole: there is no hole.
 */
static bool read_backlog(struct work *work, struct event_listener *own, int64_t after, struct buffer *begin,
                         bool *whole, size_t *count)
{
    struct text sql = arena_format(
        work->arena, "%s WHERE position > $1 AND position < $2 ORDER BY position LIMIT $3", message_columns);
    int64_t end = ring_next(own->listener.feed->ring);
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql.data,
                PARAMETERS(value_integer(after), value_integer(end), value_integer(BACKLOG_EVENTS))))
        return false;
    *whole = true;
    for (size_t i = 0; i < result.row_count && *whole; i++) {
        struct message message;
        size_t length = begin->length;
        message_read(result_row(&result, i), begin, &message);
        *whole = message.position == own->position;
        if (!*whole || !message_is_for(&message, &own->listener.actor))
            begin->length = length;
        own->position = message.position + 1;
    }
    *count = result.row_count;
    return true;
}

/* Something behind `after` is kept no more, or never was: all that he knows may be out of date. */
static void add_reload(struct event_listener *own, struct buffer *begin)
{
    own->position = ring_next(own->listener.feed->ring);
    buffer_print(begin, "id: %lld\nevent: reload\ndata: {\"type\":\"reload\"}\n\n",
                 (long long)own->position - 1);
}

static bool last_position(struct work *work, int64_t *last)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, "SELECT coalesce(max(position), 0) FROM events",
                NO_PARAMETERS))
        return false;
    *last = cell_integer(result.cells[0]);
    return true;
}

/* Goes on behind `after`, wherever that is. */
static bool catch_up(struct work *work, struct event_listener *own, int64_t after, struct buffer *begin)
{
    struct ring *ring = own->listener.feed->ring;
    own->position = after + 1;
    if (ring_has(ring, own->position))
        return true;
    bool whole;
    size_t count;
    int64_t last;
    if (!read_backlog(work, own, after, begin, &whole, &count) || !last_position(work, &last))
        return false;
    if (!whole || own->position > last + 1) {
        add_reload(own, begin);
        return true;
    }
    own->is_behind = count == BACKLOG_EVENTS && !ring_has(ring, own->position);
    return true;
}

bool feed_listen(struct work *work, int64_t after, struct buffer *begin, const struct stream **stream)
{
    struct event_listener *own = arena_new(work->arena, struct event_listener);
    if (!listener_join(work, &own->listener, &(struct stream){ .next = next_events, .close = close_events }))
        return false;
    feed_add_greeting(begin);
    own->position = ring_next(own->listener.feed->ring);
    if (after >= 0 && !catch_up(work, own, after, begin)) {
        listener_leave(&own->listener);
        return false;
    }
    add_place(own, begin); /* for who is cut off before the first event */
    *stream = &own->listener.stream;
    return true;
}
