/* What an engine gives to hosting.c, and what its drivers share. Included by tenancy's hosts alone. */
#pragma once
#include "crypto/keyring.h"
#include "hosting/copying.h"
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
    const char *dump_names[DUMP_FORM_COUNT];
    bool (*dump)(struct hosting_call *call, const struct tenant_place *place, enum dump_form form,
                 const char *path, const struct copy_watch *watch, struct table_sums *sums);
    bool (*load)(struct hosting_call *call, const struct tenant_place *place, const char *path,
                 const struct copy_watch *watch);
    bool (*sum)(struct hosting_call *call, const struct tenant_place *place, struct table_sums *sums);
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
/* keyword='value' with its quotes; the administrator's way to a database and, if given, as somebody else. */
struct buffer;
void postgres_add_part(struct buffer *parts, const char *keyword, struct text value);
const char *postgres_way_to(struct hosting_call *call, struct text database, struct text user,
                            struct text password);
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

/* host_postgres.c: a database that only its owner may enter, made of {template} unless it is there. */
[[nodiscard]] bool postgres_make_database_of(struct hosting_call *call, struct db *administrator,
                                             struct text name, struct text template);
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

/* copying_postgres.c */
[[nodiscard]] bool postgres_dump(struct hosting_call *call, const struct tenant_place *place,
                                 enum dump_form form, const char *path, const struct copy_watch *watch,
                                 struct table_sums *sums);
[[nodiscard]] bool postgres_load(struct hosting_call *call, const struct tenant_place *place,
                                 const char *path, const struct copy_watch *watch);
[[nodiscard]] bool postgres_sum(struct hosting_call *call, const struct tenant_place *place,
                                struct table_sums *sums);

/* ---- SQLite ---- */

/* host_sqlite.c */
const char *sqlite_path_of(struct hosting_call *call, struct text name);
[[nodiscard]] bool sqlite_copy_file(struct hosting_call *call, const char *from, const char *to); /* synced */
[[nodiscard]] bool sqlite_sync_path(struct hosting_call *call, const char *path);
void sqlite_remove_database(struct hosting_call *call, const char *path);

/* copying_sqlite.c */
[[nodiscard]] bool sqlite_dump(struct hosting_call *call, const struct tenant_place *place,
                               enum dump_form form, const char *path, const struct copy_watch *watch,
                               struct table_sums *sums);
[[nodiscard]] bool sqlite_load(struct hosting_call *call, const struct tenant_place *place, const char *path,
                               const struct copy_watch *watch);
[[nodiscard]] bool sqlite_sum(struct hosting_call *call, const struct tenant_place *place,
                              struct table_sums *sums);
