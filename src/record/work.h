/*
 * One unit of work: an HTTP request, a run of a job, a command, a test.
 *
 * Nothing below reads the clock, the user or the environment in any other way. Whoever does the work returns
 * false and leaves the reason in `error`; then nothing that its transaction did is kept.
 */
#pragma once
#include "base/metrics.h"
#include "model/scope.h"
#include "sql/db.h"

struct site; /* what the process holds: record/site.h */
struct work;

enum { LANGUAGE_LENGTH = 2 }; /* "es", "en" */

struct actor {
    enum role role;         /* whose rights it has: of a machine, its maker's, or those of a tenant's admin */
    struct text user_id;    /* empty: the system itself, or a machine */
    struct text tenant_id;  /* empty: NIDIA staff, or a key without a tenant or for several */
    struct text tenant_ids; /* of a key for several: separated by spaces */
    struct text session_id;
    struct text api_key_id; /* not empty: a machine */
    struct scopes scopes;   /* of a machine */
    struct text language;   /* of a person */
    int64_t auth_time_ms;   /* when that person was last recognised */
    unsigned duties;        /* that come before anything else: enum duty */
    bool lacks_factor;      /* of a person: there is no second factor to sign in with */
    /* Who answers for it besides: the maker of a key, or the member of staff who acts in the user's name. */
    struct text sponsor_id;
    int64_t sponsor_version; /* that one's session epoch */
    int64_t version;         /* of what admitted it: the user's session epoch, or the key's revision */
    int64_t expires_ms;      /* until when it need not be asked for again; 0: it is not asked */
};

static inline bool actor_is_machine(const struct actor *actor)
{
    return actor->api_key_id.length > 0;
}

/* "tenant_admin", "machine" … */
static inline struct text actor_role_name(const struct actor *actor)
{
    return role_name(actor_is_machine(actor) ? MACHINE : actor->role);
}

/* Where the work came from, for audit records and the log. */
struct origin {
    struct text request_id, trace_id, address, user_agent,
        language; /* language: that was asked for, or the person's; "es" or "en" */
};

/* What is done in memory once the transaction is committed, and before the answer. */
struct effect {
    void (*apply)(struct work *work, void *data);
    void *data;
    struct effect *next;
};

struct work {
    struct arena *arena;
    struct db *db; /* reads; inside db_transact it writes too */
    struct site *site;
    struct actor actor;
    struct origin origin;
    int64_t now; /* milliseconds; the same for all that the work writes */
    bool transacting;
    struct effect *effects;
    struct error error;
};

/* Adds an effect of the running transaction; forgotten if it is rolled back. In order of adding. */
void work_after_commit(struct work *work, void (*apply)(struct work *work, void *data), void *data);
/* One more of the metric, once the transaction is committed. */
void work_count(struct work *work, enum metric metric);
void work_apply_effects(struct work *work); /* by whoever committed */

/* "code: about" of the error, for rows that keep it. */
struct text work_why(const struct work *work);

/* The work of the system itself: a super admin without a name. */
struct work work_of_system(struct site *site, struct arena *arena, struct db *db, int64_t now);
