/* What an engine gives to hosting.c, and what its drivers share. Included by tenancy's hosts alone. */
#pragma once
#include "crypto/keyring.h"
#include "hosting/hosting.h"
#include "hosting/schema_folder.h"
#include <stdatomic.h>

struct host {
    enum engine engine;
    bool (*open)(struct hosting *hosting, const struct options *options, struct error *error);
    bool (*make_role)(struct hosting_call *call, const struct tenant_place *place);
    bool (*make_database)(struct hosting_call *call, const struct tenant_place *place);
    bool (*connect)(struct hosting_call *call, const struct tenant_place *place, struct db **db);
    bool (*enter)(struct hosting_call *call, const struct tenant_place *place, struct db **db);
    bool (*set_access)(struct hosting_call *call, const struct tenant_place *place);
    bool (*drop)(struct hosting_call *call, const struct tenant_place *place);
    bool (*list_databases)(struct hosting_call *call, struct place_list *list);
    bool (*list_roles)(struct hosting_call *call, struct place_list *list);
    bool (*find_weaknesses)(struct hosting_call *call, struct text *found);
};

extern const struct host host_sqlite, host_postgres;

struct hosting {
    const struct host *host;
    const struct keyring *keyring;
    struct arena *arena; /* of what lives as long as the hosting */
    struct schema_folder *schema;
    const char *url;                /* PostgreSQL: of its administrator */
    const char *folder, *templates; /* SQLite */
    atomic_bool is_shut;            /* PostgreSQL: what every role could enter has been shut */
    _Atomic(struct db *) kept;      /* PostgreSQL: the administrator's connection while nobody uses it */
    struct text address;
    int64_t port;
};

bool place_is_named_well(struct text name);
void place_list_add(struct place_list *list, struct arena *arena, struct text name);

/* ---- PostgreSQL ---- */

/* host_postgres_connect.c: the server's address; connections, the administrator's and a tenant's own. */
bool postgres_open(struct hosting *hosting, const struct options *options, struct error *error);
[[nodiscard]] bool postgres_connect_to(struct hosting_call *call, struct text database, struct db **db);
bool postgres_connect_as_tenant(struct hosting_call *call, const struct tenant_place *place, struct db **db);

/* The administrator's connection to its own database, kept between calls.
 * [[gnu::cleanup(administrator_end)]]. */
struct administrator {
    struct hosting *hosting;
    struct db *db;
};
[[nodiscard]] bool administrator_begin(struct hosting_call *call, struct administrator *administrator);
void administrator_end(struct administrator *administrator);

[[nodiscard]] bool postgres_has_database(struct hosting_call *call, struct db *db, struct text name,
                                         bool *exists);

/* What stands for {name} in a script: names and verifiers of strict alphabets, which need no quoting. */
struct blank {
    const char *name;
    struct text text;
};
#define BLANKS(...)                                                                                          \
    (const struct blank[])                                                                                   \
    {                                                                                                        \
        __VA_ARGS__,                                                                                         \
        {                                                                                                    \
        }                                                                                                    \
    }
[[nodiscard]] bool postgres_script(struct hosting_call *call, struct db *db, const char *script,
                                   const struct blank *blanks);

/* Makes a template that has run the schema. Another node may be making the same. */
[[nodiscard]] bool template_make(struct hosting_call *call, struct db *administrator, struct text name);
