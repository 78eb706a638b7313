/*
 * An endpoint: a function and a line of data. What it takes and gives is said in the model's vocabulary
 * (shapes), so that reading, checking and OpenAPI are the same walkers as for tables.
 */
#pragma once
#include "http/server.h"
#include "model/table.h"
#include "record/work.h"
#include "json/json.h"

enum cost {              /* app.c maps cost and engine to where it runs */
            COST_MEMORY, /* touches no database */
            COST_KEY,    /* reads by key */
            COST_QUERY,  /* reads more */
            COST_WRITE,  /* runs inside the transaction */
            COST_SLOW,   /* bcrypt and the like; calls db_transact itself */
};

enum { PATH_PARAMETERS_MAX = 4, ROUTE_CODES_MAX = 8 };

struct call {
    struct work work;
    const struct route *route;
    const struct request *request;
    struct response *response;
    struct text parameters[PATH_PARAMETERS_MAX]; /* decoded */
    struct json body;                            /* if the route takes one */
    struct value *taken; /* the body read as route->takes (or the table's columns): checked */
    struct service_slot *slot;
};

enum gives { GIVES_NOTHING, GIVES_ONE, GIVES_LIST, GIVES_TEXT };

struct query_parameter {
    const char *name, *doc;
    enum type_id type;
    int64_t max;
    bool required;
};

struct route {
    enum method method;
    const char *path; /* under /api/v1 unless .root: "/tenants/{id}/suspend" */
    const char *id;   /* operationId */
    enum cost cost;
    unsigned may; /* roles; VISITOR: without signing in; MACHINE: keys with .scope */
    const char *scope;
    bool (*handle)(struct call *call);
    bool (*prepare)(struct call *call); /* on a slow pool, before a COST_WRITE's transaction; NULL: none */
    const struct table *takes;          /* a SHAPE: the body; NULL: none (a body is then refused) */
    bool takes_optional;
    const struct table *gives; /* a table or SHAPE: the reply */
    enum gives how;
    const char *gives_type;                   /* of GIVES_TEXT: its media type */
    int status;                               /* of success; 0 = 200, or 204 where it gives nothing */
    const struct query_parameter *parameters; /* ended by name NULL; NULL: none are allowed */
    const struct table *table;                /* of a record's five calls */
    enum action action;
    bool root, no_quota, no_idempotency, accepts_any_body;
    enum error_code codes[ROUTE_CODES_MAX]; /* beyond those that every route may give */
    const char *doc;
};

/* Each folder's routes end with {}. */
extern const struct route auth_routes[], tenant_routes[], user_routes[], job_routes[], directory_routes[],
    system_routes[], key_routes[];

/* Answers one row of the route's table to the actor, with its ETag. */
void answer_row(struct call *call, const struct table *table, const struct value *cells);
/* Answers a shape's cells. */
void answer_shape(struct call *call, const struct table *shape, const struct value *cells);
