/*
 * What happens, told to who listens: every event once, in the order of positions, to whom it concerns.
 *
 * One thread a node: it numbers new events (sequencer.h), reads what any node has numbered into a ring, as
 * far as this node's memory knows what they tell of, and wakes the server's streams. So who hears of a change
 * is answered from memory as after it, here. A listener is nothing but a position in the ring, so that a slow
 * one costs no memory and delays nobody; one that the ring has left behind is closed, comes again with
 * Last-Event-ID and is served from the table.
 */
#pragma once
#include "base/buffer.h"
#include "http/server.h"
#include "record/work.h"

enum {
    FEED_LISTENERS_MAX = 4'000, /* of a node */
    FEED_LISTENERS_PER_ACTOR_MAX = 20,
};

enum stay { STAY_GRANTED, STAY_REFUSED, STAY_UNKNOWN /* nothing is told until it is known */ };

struct feed_options {
    struct site *site;
    int64_t position; /* memory was read when events had got so far: see feed_know */
    enum stay (*may_stay)(struct site *site,
                          const struct actor *actor); /* from memory; asked again and again */
};

struct feed;

/* Puts itself into the site (feed, wake_feed). */
[[nodiscard]] bool feed_create(struct feed **feed, const struct feed_options *options, struct error *error);
/* Ends its thread; it can still be woken. NULL: nothing. */
void feed_end(struct feed *feed);
void feed_destroy(struct feed *feed); /* ended, and nobody writes any more */
/* The server whose streams are woken; NULL: none any more. */
void feed_attach(struct feed *feed, struct server *server);
/* There may be new events: from any thread. */
void feed_wake(struct site *site);
/* What happened up to the position is known in this node's memory: PostgreSQL only, since on SQLite the lane
 * tells. From any thread. */
void feed_know(struct feed *feed, int64_t position);

/*
 * The actor's stream of events behind the position `after` (-1: from now on). What it begins with is added to
 * `begin`; the stream lies in the work's arena. Fails with `overloaded` or `too_many_streams`.
 */
[[nodiscard]] bool feed_listen(struct work *work, int64_t after, struct buffer *begin,
                               const struct stream **stream);
/* The same of one job, which the actor may see: its row as it is now and whenever it changes, until it has
 * ended. */
[[nodiscard]] bool feed_watch_job(struct work *work, struct text job_id, struct buffer *begin,
                                  const struct stream **stream);
