/* The feed's own parts, shared by the files of this folder. */
#pragma once
#include "events/feed.h"
#include "events/ring.h"
#include <pthread.h>
#include <stdatomic.h>

/* Each listener's first member; it lies in its exchange's arena, and is in the feed's list until its stream
 * closes. */
struct listener {
    struct listener *previous, *next;
    struct feed *feed;
    struct stream stream;
    struct actor actor;
    struct text job_id; /* that it watches; empty: it listens to events */
};

struct feed {
    struct feed_options options;
    struct ring *ring;
    struct db *db;
    struct arena *arena;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct server *server;
    struct listener *listeners;
    int listener_count;
    int64_t known; /* the last position of which memory knows */
    bool stopping;
    atomic_bool woken;
};

/* Counts and lists it, and fills in stream and actor. */
[[nodiscard]] bool listener_join(struct work *work, struct listener *listener, const struct stream *stream);
void listener_leave(struct listener *listener);
enum stay listener_may_stay(const struct listener *listener);

/*
 * Numbers what waits, and gives this node's memory a moment to know of all that has happened by now. *last:
 * the position up to which it does; *all: that is all of it. False: the database is away.
 */
[[nodiscard]] bool feed_settle(struct feed *feed, struct work *work, int64_t *last, bool *all);

/* job_watch.c: a job has changed; reads what changed and gives it to who watches. False: the database is
 * away. */
void job_watch_mark(struct feed *feed, struct text job_id);
[[nodiscard]] bool job_watch_read(struct feed *feed, struct work *work, bool *any);

/* What every stream begins with. */
void feed_add_greeting(struct buffer *begin);
