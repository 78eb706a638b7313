/*
 * An endpoint: a function and a line of data. What it takes and gives is said in the model's vocabulary
 * (tables and shapes), so that reading, checking and OpenAPI are the same walkers everywhere.
 */
#pragma once
#include "base/error.h"
#include "http/server.h"
#include "model/table.h"
#include "record/service.h"
#include "record/visibility.h"
#include "record/work.h"
#include "json/json.h"

/* What a call costs: the gate decides by it, and by the engine, where the call runs. */
enum cost {
    COST_MEMORY, /* touches no database */
    COST_KEY,    /* reads by key */
    COST_QUERY,  /* reads more */
    COST_WRITE,  /* runs inside the transaction */
    COST_SLOW,   /* bcrypt and the like: calls db_transact itself */
    COST_REMOTE, /* waits for others in the network: calls db_transact itself */
};

enum { PATH_PARAMETERS_MAX = 4, ROUTE_CODES_MAX = 8, ROUTES_MAX = 256 };

enum gives {
    GIVES_NOTHING,
    GIVES_ROW,    /* of .gives */
    GIVES_LIST,   /* of .gives: {"data": [...], "next_cursor": ...} */
    GIVES_TEXT,   /* of .gives_type */
    GIVES_STREAM, /* Server-Sent Events */
};

struct query_parameter {
    const char *name;
    enum type_id type;
    bool required;
    const char *doc;
};

struct call;

struct route {
    enum method method;
    const char *path; /* under /api/v1 unless .root: "/tenants/{id}/suspend" */
    const char *id;   /* OpenAPI's operationId */
    enum cost cost;
    unsigned may; /* roles; VISITOR: without signing in; MACHINE: API keys that have .scope */
    const char *scope;
    bool (*handle)(struct call *call);
    /* Or, where it is one read by key, in halves, so that many may travel together: what to ask (in
     * call->read), and what to answer. */
    bool (*ask)(struct call *call);
    bool (*tell)(struct call *call);
    /* The body: a SHAPE; or, for CREATE and UPDATE of .table,
     * the table itself. Neither: a body is refused. */
    const struct table *takes;
    bool body_optional, any_body; /* any_body: left unread, as bytes */
    bool any_query;               /* parameters beyond those that it names are let be: others make the URL */
    const struct table *gives;
    enum gives how;
    const char *gives_type;
    const struct table *defers; /* given in its place, with 202, where something else is to come first */
    int status;                 /* of success; 0: 200, or 204 where it gives nothing */
    const struct query_parameter
        *parameters;           /* ended by name NULL; NULL: none. The generic list reads its own */
    const struct table *table; /* of one of a record's five calls */
    enum action action;
    bool list;     /* the table's list, not one row */
    bool in_parts; /* a file of which a part may be asked for: Range, If-Range (RFC 9110, section 14) */
    bool root, internal, no_quota, no_idempotency;
    bool (*writes)(const struct call *call); /* of COST_MEMORY: does this call cost COST_WRITE by its body? */
    bool guarded;                            /* for who has proven lately who he is */
    unsigned open_under;                     /* enum duty: who owes these may call it even so */
    bool in_anothers_name; /* though about no table's rows, open to who acts in a user's name */
    bool always_open;      /* a tenant's people may call it also where their service is read-only */
    enum error_code codes[ROUTE_CODES_MAX]; /* beyond those that every route of its kind may give */
    const char *doc;
};

/* Idempotency-Key: of what writes. */
static inline bool route_takes_key(const struct route *route)
{
    return route->method == METHOD_POST && (route->cost == COST_WRITE || route->writes)
        && !route->no_idempotency;
}

/* One request on its way: lies in the exchange's arena. */
struct call {
    struct work work;
    const struct route *route;
    size_t route_index;            /* among all routes: for figures */
    const struct service *service; /* of .table, if it has one */
    struct exchange *exchange;
    const struct request *request;
    struct response *response;
    struct text parameters[PATH_PARAMETERS_MAX]; /* decoded, in the path's order */
    struct text queried[8]; /* the route's query parameters, decoded, in their order; empty: not given */
    struct json body;
    struct value *taken; /* the body, read and checked as .takes or the table; all absent where it is empty */
    size_t taken_count;
    struct text idempotency_key;
    struct db_read read;        /* of a handler in halves */
    struct column_set columns;  /* that it shows */
    struct column_set expanded; /* of them, those that need more reads */
    struct call_state *state;   /* the gate's */
};

/* Lists of routes and services end with {}. Each is declared by the file that has it; app.c puts them
 * together. */
extern const struct route auth_routes[], account_routes[], entry_routes[], factor_routes[], passkey_routes[],
    user_routes[], impersonation_routes[], tenant_routes[], directory_routes[], key_routes[], copy_routes[],
    event_routes[], fleet_routes[], host_routes[], usage_routes[], domain_routes[], sso_routes[],
    system_routes[];

/* Answers, for handlers: each returns true. */
/* With its ETag, as the actor may see it. */
bool answer_row(struct call *call, const struct table *table, const struct value *cells);
bool answer_shape(struct call *call, const struct table *shape, const struct value *cells);
bool answer_nothing(struct call *call);
bool answer_text(struct call *call, struct text text);
/* `step_up_required`, unless the actor has proven lately who he is; for handlers whose route is not always
 * guarded. */
[[nodiscard]] bool call_ask_again(struct call *call);
/* Where the work that follows can be watched. */
void answer_link_job(struct call *call, struct text job_id);

/* For routes that stand in for one of a record's five calls and add to it. */
bool record_create(struct call *call);
bool record_remove(struct call *call);
/* By parameters[0]; If-Match, .changed_if. */
bool record_find_for_change(struct call *call, struct value *before);
