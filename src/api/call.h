/* The gate's steps, each in a file of its own, in the order in which a call goes through them. */
#pragma once
#include "api/gate.h"
#include "api/route.h"
#include "base/pool.h"

struct call_state {
    struct task task; /* first: a queued call is its task */
    struct call *call;
    struct seat *seat;
    bool must_ask; /* memory could not identify the caller: a thread with a database must */
    bool admitted, replayed;
    struct value *given; /* what call->taken was before the first run of the transaction */
    struct text allow;   /* of a 405: the methods that are offered */
    struct text range;   /* of a 416: how much there is */
    struct text limits;  /* RateLimit's lines, where a quota applies */
    struct text key;     /* of a read that is remembered */
    uint64_t version;    /* that its answer is good for; 0: it is not remembered */
};

/* gate.c: the end of a call, and its way to a thread that may wait for the database. */
void call_answer(struct call *call, bool succeeded);
void call_run_on_worker(struct call *call);

/* origin.c: request id, address behind trusted proxies, user agent, language. */
void call_read_origin(struct call *call, const struct gate *gate);

/* admit.c: who it is, and whether that one may. `asking`: on a thread with a database. */
[[nodiscard]] bool call_identify(struct call *call, bool asking);
[[nodiscard]] bool call_admit(struct call *call);
/* Once the body is read: call_ask_again where what it asks for is guarded. */
[[nodiscard]] bool call_check_guard(struct call *call);

/* quota.c: requests a minute by actor. */
struct quotas *quotas_create(void);
void quotas_destroy(struct quotas *quotas);
[[nodiscard]] bool call_count(struct call *call, struct quotas *quotas);

/* body.c: query parameters and the body, read and checked. */
[[nodiscard]] bool call_read(struct call *call);

/* idempotency.c: Idempotency-Key. */
struct running_keys *running_keys_create(void);
void running_keys_destroy(struct running_keys *keys);
/* Marks it as running: 409 if it does. */
[[nodiscard]] bool idempotency_begin(struct call *call, struct running_keys *keys);
void idempotency_end(struct call *call, struct running_keys *keys);
/* In the transaction, before the handler. */
[[nodiscard]] bool idempotency_replay(struct call *call, bool *replayed);
[[nodiscard]] bool idempotency_keep(struct call *call); /* in the transaction, after it */

/* directory.c: the tenant that the path names, as this caller may see it; inside a reader's brackets. NULL:
 * `not_found`. */
struct directory_entry;
const struct directory_entry *call_find_tenant(struct call *call);
