/*
 * Where the tenants' databases live, whichever engine that is: roles and databases made, checked, shut and
 * dropped, on the hosts that `database_hosts` lists. Every call may be repeated: it brings things to a state,
 * whatever an earlier one left behind.
 */
#pragma once
#include "hosting/tenant_schema.h"
#include "record/site.h"

/* What the role of a database may do in it. */
enum place_access {
    ACCESS_none,      /* it is shut out, and its connections have ended */
    ACCESS_read_only, /* it reads; what it had open has ended, so that nothing writes any more */
    ACCESS_full
};

/* A tenant's database and the role that alone may enter it, by the same name. */
struct tenant_place {
    struct text host_id;  /* of database_hosts; empty: of the host that the options state */
    struct text name;     /* "tenant_" and 12 hexadecimal digits */
    struct text password; /* of the role; empty where the call does not need it */
    int64_t connections_max;
    int64_t statement_timeout_s; /* with which its sessions begin; 0: the server's own */
    enum place_access access;
};

enum { PLACE_NAME_LENGTH = 19 };

struct hosting;
struct host;

/* Reads the tenant schema and the host that the options state; touches no server yet. */
[[nodiscard]] bool hosting_create(struct hosting **hosting, const struct options *options,
                                  const struct keyring *keyring, struct error *error);
void hosting_destroy(struct hosting *hosting);
enum engine hosting_engine(const struct hosting *hosting);

/* Reads the tenant schema again: what is made from now on has it as its folder is now. Of any thread. */
[[nodiscard]] bool hosting_reread_schema(struct hosting *hosting, struct error *error);
/* Only looks how it is now: for the caller alone. */
[[nodiscard]] bool hosting_read_schema(const struct hosting *hosting, struct tenant_schema *schema,
                                       struct arena *arena, struct error *error);
/* As it was last read; stays as it is, and as long as the hosting. */
const struct tenant_schema *hosting_schema(const struct hosting *hosting);

/* Of one call: results lie in the arena, reasons in the error. */
struct hosting_call {
    struct hosting *hosting;
    const struct tenant_schema *schema; /* the same from the call's begin to its end */
    struct arena *arena;
    struct error *error;
    int64_t now;
    struct host *host; /* set by the calls below, for their driver */
};
struct hosting_call hosting_call_of(struct work *work);

[[nodiscard]] bool hosting_make_role(struct hosting_call *call, const struct tenant_place *place);
/* From the template, which is made first if there is none of this schema; entered by nobody but the role. */
[[nodiscard]] bool hosting_make_database(struct hosting_call *call, const struct tenant_place *place);
/* As the database's owner, with the password that the product will use. */
[[nodiscard]] bool hosting_migrate(struct hosting_call *call, const struct tenant_place *place);
[[nodiscard]] bool hosting_verify(struct hosting_call *call, const struct tenant_place *place);
/* To work on the database as its owner, whatever its role may do; who is shut out stays out. On SQLite the
 * rows of who is read-only stay as they are. */
[[nodiscard]] bool hosting_enter(struct hosting_call *call, const struct tenant_place *place, struct db **db);
/* Gives the role what place->access says. On SQLite, where there are no roles, ACCESS_none changes nothing:
 * whoever opens the files is told by the directory. */
[[nodiscard]] bool hosting_set_access(struct hosting_call *call, const struct tenant_place *place);
/* Database and role; what is not there is gone already. */
[[nodiscard]] bool hosting_drop(struct hosting_call *call, const struct tenant_place *place);

struct place_list {
    struct text *names;
    size_t count, capacity;
};
/* The databases, and the roles, that this installation has made on a host and not dropped. */
[[nodiscard]] bool hosting_list_databases(struct hosting_call *call, struct text host_id,
                                          struct place_list *list);
[[nodiscard]] bool hosting_list_roles(struct hosting_call *call, struct text host_id,
                                      struct place_list *list);
struct place_size {
    struct text name;
    int64_t bytes;
};
struct place_sizes {
    struct place_size *list; /* by name */
    size_t count, capacity;
};
/* How much room each database of a host takes: asked once for all. */
[[nodiscard]] bool hosting_measure(struct hosting_call *call, struct text host_id, struct place_sizes *sizes);
/* What weakens the walls between the tenants of a host, one a line; empty: nothing. */
[[nodiscard]] bool hosting_find_weaknesses(struct hosting_call *call, struct text host_id,
                                           struct text *found);
/* Signs in anew and asks whether databases can be made there; how long that took. */
[[nodiscard]] bool hosting_check(struct hosting_call *call, struct text host_id, int64_t *latency_ms);
