/*
 * Where the tenants' databases live, whichever engine that is: roles and databases made, checked, shut and
 * dropped. Every call may be repeated: it brings things to a state, whatever an earlier one left behind.
 */
#pragma once
#include "hosting/tenant_schema.h"
#include "record/site.h"

/* A tenant's database and the role that alone may enter it, by the same name. */
struct tenant_place {
    struct text name;     /* "tenant_" and 12 hexadecimal digits */
    struct text password; /* of the role; empty where the call does not need it */
    int64_t connections_max;
    bool may_connect;
};

enum { PLACE_NAME_LENGTH = 19 };

struct hosting;

/* Reads the tenant schema and where databases go out of the options; touches no database yet. */
[[nodiscard]] bool hosting_create(struct hosting **hosting, const struct options *options,
                                  const struct keyring *keyring, struct error *error);
void hosting_destroy(struct hosting *hosting);
enum engine hosting_engine(const struct hosting *hosting);

/* Where the product finds the databases made from now on; an empty host: files of this machine. */
void hosting_address(const struct hosting *hosting, struct text *host, int64_t *port);

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
};
struct hosting_call hosting_call_of(struct work *work);

[[nodiscard]] bool hosting_make_role(struct hosting_call *call, const struct tenant_place *place);
/* From the template, which is made first if there is none of this schema; entered by nobody but the role. */
[[nodiscard]] bool hosting_make_database(struct hosting_call *call, const struct tenant_place *place);
/* As the database's owner, with the password that the product will use. */
[[nodiscard]] bool hosting_migrate(struct hosting_call *call, const struct tenant_place *place);
[[nodiscard]] bool hosting_verify(struct hosting_call *call, const struct tenant_place *place);
/* To work on the database as its owner, whether its role is let in or shut out; who is shut out stays out. */
[[nodiscard]] bool hosting_enter(struct hosting_call *call, const struct tenant_place *place, struct db **db);
/* Lets the role in or shuts it out, then ending its connections. */
[[nodiscard]] bool hosting_set_access(struct hosting_call *call, const struct tenant_place *place);
/* Database and role; what is not there is gone already. */
[[nodiscard]] bool hosting_drop(struct hosting_call *call, const struct tenant_place *place);

struct place_list {
    struct text *names;
    size_t count, capacity;
};
/* The databases, and the roles, that this installation has made and not dropped. */
[[nodiscard]] bool hosting_list_databases(struct hosting_call *call, struct place_list *list);
[[nodiscard]] bool hosting_list_roles(struct hosting_call *call, struct place_list *list);
/* What weakens the walls between the tenants, one a line; empty: nothing. */
[[nodiscard]] bool hosting_find_weaknesses(struct hosting_call *call, struct text *found);
