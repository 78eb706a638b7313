/* One thread of the server: its epoll, its connections, and the answers that come back to it from others. */
#pragma once
#include "http/deadline.h"
#include "http/endpoint.h"
#include "http/respond.h"
#include <pthread.h>
#include <stdatomic.h>

enum { ACCEPTED_MAX = 64 /* at once, before the connections that are open have their turn */ };

struct connection;
struct server_exchange;

struct loop {
    struct server *server;
    pthread_t thread;
    int epoll, wake;                  /* wake: an eventfd */
    int listeners[LISTENERS_MAX];     /* -1: not this loop's */
    void *state;                      /* the handlers' own, by loop_begin */
    void (*guest_ready)(void *state); /* of server_watch */
    int64_t now_us;                   /* monotonic, as of the last wake-up */
    struct date_line date;
    struct deadlines deadlines;
    struct deadline accept_rest;    /* runs while accepting rests */
    struct deadline listen_end;     /* runs from the beginning of a drain */
    struct connection *connections; /* CONNECTIONS_MAX slots */
    struct connection *free_connection;
    uint32_t slots_used;
    struct server_exchange *spare; /* kept for the next request */
    int spare_count;
    struct server_exchange *handling; /* in options.handle just now */
    int open, busy;                   /* connections; exchanges whose handler has not finished */
    bool listening, hidden, draining, drained;
    pthread_mutex_t mutex;                             /* of the two that follow */
    struct server_exchange *finished, **last_finished; /* by other threads */
    atomic_bool sleeping;                              /* who finishes an exchange must wake it */
    atomic_bool streams_woken;                         /* a round of all streams is asked for */
    uint32_t stream_slot;                        /* where the round goes on; behind the last: it is over */
    char piece[STREAM_PIECE_MAX];                /* what a stream sends next */
    atomic_bool turned;                          /* since server_turns asked */
    _Atomic int64_t accepted, refused, requests; /* written by this thread alone */
};

struct server {
    struct server_options options;
    struct endpoint endpoints[LISTENERS_MAX];
    atomic_int connections;
    atomic_bool draining, stopping;
    pthread_mutex_t mutex;
    pthread_cond_t drained;
    int loops_drained;
    struct loop loops[];
};

/* Else: errno. */
[[nodiscard]] bool loop_open(struct loop *loop, const int durations_ms[static DEADLINE_COUNT]);
void *loop_run(void *loop);
void loop_close(struct loop *loop); /* its thread has ended, or never begun */
void loop_wake(struct loop *loop);  /* from any thread */

/* An exchange is finished; from any thread. */
void loop_post(struct loop *loop, struct server_exchange *exchange);

void loop_wake_streams(struct loop *loop); /* from any thread */
/* Serves some of the streams; the others after requests have had their turn. False: there are no others. */
bool loop_serve_streams(struct loop *loop);

/* The connection that epoll or an exchange means, or NULL if it has gone. */
struct connection *loop_connection(struct loop *loop, uint64_t name);
/* A free slot; NULL when the server has as many connections as it may. */
struct connection *loop_take_connection(struct loop *loop);
void loop_give_connection(struct connection *connection);
void loop_figure_add(_Atomic int64_t *figure, int64_t more);

/* Accepts what waits at a listener, at most `most`. */
void loop_accept(struct loop *loop, int listener, int most);
void loop_accept_again(struct loop *loop);   /* after a rest */
void loop_hide_listeners(struct loop *loop); /* see endpoint_hide */
void loop_close_listeners(struct loop *loop);
