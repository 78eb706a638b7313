/*
 * A restart without a lost request: the process that serves starts its own program again and hands over.
 *
 *   old                                       new
 *   SIGHUP: starts it, with copies of the  →  reads options and keys, checks the schema; on PostgreSQL, where
 *   sockets and of the lock                   two may work at once, opens all and serves
 *   drains and closes the database         ←  "ready"
 *   "go on"                                →  on SQLite: opens the database and serves
 *   ends                                   ←  "serving"
 *
 * Until then who connects waits in the sockets' queues. A new process that ends before the old one has
 * failed: the old one goes on, or begins again with the copies.
 */
#pragma once
#include "app/inheritance.h"

enum { SUCCESSOR_READY = 'r', SUCCESSOR_GO_ON = 'g', SUCCESSOR_SERVING = 's' };

struct successor {
    struct arena *arena;         /* outlives the app */
    pid_t process;               /* 0: there is none */
    int line;                    /* to it */
    int64_t begun_us;            /* monotonic */
    struct inheritance heritage; /* the copies that it was given */
    int *fds;                    /* all of them, in the order of their names */
    int count;
};

struct app;
[[nodiscard]] bool successor_start(struct successor *successor, struct app *app, struct server *server,
                                   struct error *error);
/* Its next word, waiting for it at most so long; 0: it has ended, or is silent for too long. */
char successor_hear(struct successor *successor, int timeout_ms);
void successor_go_on(struct successor *successor);
bool successor_lives(const struct successor *successor);
/* What this process was told once it had stopped listening was meant for whoever serves. */
void successor_pass_on_signals(const struct successor *successor);
void successor_fail(
    struct successor *successor); /* ends it, if it has not ended; the copies are still there */
void successor_close(struct successor *successor); /* gives the copies up */
