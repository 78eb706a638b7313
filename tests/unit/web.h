/*
 * A server for tests, with a client that writes raw bytes.
 *
 * It answers by path: /echo with "METHOD target body"; /later the same, from another thread; /held when the
 * test lets it; /status?N; /large?N with N bytes; /close with Connection: close. What is refused is answered
 * with its reason.
 */
#pragma once
#include "base/pool.h"
#include "http/server.h"
#include <pthread.h>
#include <stdatomic.h>

enum { WEB_LOOPS = 2, WEB_WAIT_MS = 20'000 }; /* how long anything is waited for before the test fails */

struct web {
    struct server *server;
    struct server_options options;
    const char *addresses[2];
    char socket_path[64];
    struct pool *pool;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct exchange *held;
    int delivered, lost; /* exchanges that ended, by what `finished` was told */
    struct text last_target;
    uid_t last_uid;
    int last_listener;
};

/* `options`: only what differs; NULL for none; a handler's loop_state is the web. The second listener is a
 * Unix socket. */
void web_begin(struct web *web, const struct server_options *options);
void web_end(struct web *web);                            /* for [[gnu::cleanup]] */
struct exchange *web_held(struct web *web);               /* waits until /held is with its handler */
void web_echo(struct exchange *exchange);                 /* answers it as /echo does */
bool web_ended(struct web *web, int delivered, int lost); /* waits until as many have ended */
bool web_is_empty(struct web *web);                       /* waits until no connection is left */

struct wire {
    int fd;
    struct arena *arena;
    struct buffer in; /* received, not yet taken */
    bool at_end, reset;
};

struct answer {
    int status;
    struct text head, body;
};

void wire_open(struct wire *wire, struct web *web, int listener);
void wire_close(struct wire *wire); /* for [[gnu::cleanup]] */
bool wire_send(struct wire *wire, struct text bytes);
/* The next answer; false if none comes. Without a body: after HEAD. */
bool wire_answer(struct wire *wire, struct answer *answer, bool without_body);
bool wire_status(struct wire *wire, int status);     /* the next answer has it */
bool wire_body(struct wire *wire, const char *body); /* the next answer is 200 with this body */
bool wire_is_over(struct wire *wire);                /* nothing more comes but an orderly end */
bool wire_poll(struct wire *wire, int timeout_ms);   /* receives what there is; false: nothing came */
