/*
 * What every request passes through: find the route, identify, admit, count, read the body, then run it where
 * its cost says, and answer. One place, so that no handler can forget a step.
 */
#pragma once
#include "api/routes.h"
#include "base/pool.h"
#include "record/site.h"

enum listener_kind { LISTENER_PUBLIC, LISTENER_INTERNAL, LISTENER_SOCKET, LISTENER_KIND_COUNT };

struct gate {
    struct site *site;
    const struct routes *routes;
    struct pool *workers;                              /* with a connection each */
    struct pool *slow;                                 /* for those who wait for a hash: see site->hashing */
    struct pool *remote;                               /* for those who wait for others in the network */
    enum listener_kind listeners[LISTENER_KIND_COUNT]; /* by the server's index */
    struct quotas *quotas;
    struct running_keys *running_keys;
    struct remembered *remembered;
    struct figures *figures;
    struct openapi *openapi;
};

/* A thread's own: the loops' and the workers' state. */
struct seat {
    struct gate *gate;
    struct db *db;         /* NULL in the loops on PostgreSQL, and until a connection could be made */
    struct flight *flight; /* a PostgreSQL loop's way to read; else NULL */
};

/* The server's callbacks. */
void gate_handle(struct exchange *exchange, void *seat);
void gate_finished(struct exchange *exchange, bool delivered, void *gate);
void gate_refuse(struct response *response, int status, const char *why);
