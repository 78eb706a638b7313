/* What an engine gives to hosting.c, and what its drivers share. Included by hosting's own files alone. */
#pragma once
#include "base/reading.h"
#include "crypto/keyring.h"
#include "hosting/copying.h"
#include "hosting/hosting.h"
#include "hosting/schema_folder.h"
#include <pthread.h>
#include <stdatomic.h>

/* What a host is made of: its row, or for the one that needs none the options. */
struct host_facts {
    struct text id, name;
    struct text url;    /* PostgreSQL: of its administrator */
    struct text folder; /* SQLite */
};

/* Held by the list and by every call that is under way on it; the last one frees it. */
struct host {
    struct arena *arena;
    struct host_facts facts;
    const char *folder, *templates; /* SQLite */
    struct text address;            /* PostgreSQL: what the URL says of the server */
    int64_t port;
    atomic_int holders;
    atomic_bool is_shut;       /* PostgreSQL: what every role could enter has been shut */
    _Atomic(struct db *) kept; /* PostgreSQL: the administrator's connection while nobody uses it */
};

struct host_driver {
    enum engine engine;
    struct text (*folder_of)(struct arena *arena, const struct options *options); /* of the options' host */
    bool (*open)(struct host *host, struct error *error);      /* touches neither server nor disk */
    bool (*establish)(struct host *host, struct error *error); /* once, where it is new */
    bool (*check)(struct hosting_call *call);
    /* What tells this server, as it runs, or this folder, from every other, by whichever way it is reached.
     */
    bool (*identify)(struct hosting_call *call, struct text *identity);
    bool (*make_role)(struct hosting_call *call, const struct tenant_place *place);
    bool (*make_database)(struct hosting_call *call, const struct tenant_place *place);
    bool (*connect)(struct hosting_call *call, const struct tenant_place *place, struct db **db);
    bool (*enter)(struct hosting_call *call, const struct tenant_place *place, struct db **db);
    bool (*set_access)(struct hosting_call *call, const struct tenant_place *place);
    bool (*drop)(struct hosting_call *call, const struct tenant_place *place);
    bool (*list_databases)(struct hosting_call *call, struct place_list *list);
    bool (*list_roles)(struct hosting_call *call, struct place_list *list);
    bool (*measure)(struct hosting_call *call, struct place_sizes *sizes); /* in any order */
    bool (*find_weaknesses)(struct hosting_call *call, struct text *found);
    const char *dump_names[DUMP_FORM_COUNT];
    bool (*dump)(struct hosting_call *call, const struct tenant_place *place, enum dump_form form,
                 const char *path, const struct copy_watch *watch, struct table_sums *sums);
    bool (*load)(struct hosting_call *call, const struct tenant_place *place, const char *path,
                 const struct copy_watch *watch);
    bool (*weigh)(struct hosting_call *call, const struct tenant_place *place, int64_t *bytes); /* or NULL */
    bool (*sum)(struct hosting_call *call, const struct tenant_place *place, const struct summing *summing,
                struct table_sums *sums);
};

extern const struct host_driver host_sqlite, host_postgres;

struct hosting {
    const struct host_driver *driver;
    const struct keyring *keyring;
    struct arena *arena; /* of what lives as long as the hosting */
    struct schema_folder *schema;
    struct host_facts stated; /* by the options */
    pthread_mutex_t mutex;    /* over the list */
    struct host **hosts;
    size_t count;
    struct readings readings; /* of the list */
};

bool place_is_named_well(struct text name);
void place_list_add(struct place_list *list, struct arena *arena, struct text name);
void place_sizes_add(struct place_sizes *sizes, struct arena *arena, struct text name, int64_t bytes);

/* ---- hosts.c: the hosts in memory ---- */

/* Held once, by whoever made it. */
[[nodiscard]] bool host_create(struct host **host, const struct host_driver *driver,
                               const struct host_facts *facts, struct error *error);
void host_release(struct host **host); /* for [[gnu::cleanup]] */
/* By id; an empty one: the host that the options state. Held until it is released. */
[[nodiscard]] bool hosts_take(struct hosting *hosting, struct text id, struct host **host,
                              struct error *error);
/* These are the hosts from now on, unless a later reading was told; those that did not change stay with their
 * connections. */
void hosts_set(struct hosting *hosting, uint64_t reading, const struct host_facts *facts, size_t count);

/* ---- PostgreSQL ---- */

/* host_postgres_connect.c: the server's address; connections, the administrator's and a tenant's own. */
bool postgres_open(struct host *host, struct error *error);
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
    struct host *host;
    struct db *db;
};
[[nodiscard]] bool administrator_begin(struct hosting_call *call, struct administrator *administrator);
void administrator_end(struct administrator *administrator);

/* host_postgres.c: a database that only its owner may enter, made of {template} unless it is there. */
[[nodiscard]] bool postgres_make_database_of(struct hosting_call *call, struct db *administrator,
                                             struct text name, struct text template);
[[nodiscard]] bool postgres_has_database(struct hosting_call *call, struct db *db, struct text name,
                                         bool *exists);

/* host_postgres_access.c */
/* "SET statement_timeout = '30s'", for ALTER ROLE. */
struct text postgres_timeout(struct hosting_call *call, const struct tenant_place *place);
bool postgres_set_access(struct hosting_call *call, const struct tenant_place *place);
bool postgres_enter(struct hosting_call *call, const struct tenant_place *place, struct db **db);
[[nodiscard]] bool postgres_enter_as_guest(struct hosting_call *call, const struct tenant_place *place,
                                           struct db **db);
/* The tenant's, and the guest's of its database, which is gone. */
[[nodiscard]] bool postgres_drop_roles(struct hosting_call *call, struct db *administrator, struct text name);

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
/* Tables and all else but rows, for hosting_load. */
[[nodiscard]] bool postgres_dump_schema(struct hosting_call *call, const struct tenant_place *place,
                                        const char *path);
[[nodiscard]] bool postgres_dump(struct hosting_call *call, const struct tenant_place *place,
                                 enum dump_form form, const char *path, const struct copy_watch *watch,
                                 struct table_sums *sums);
[[nodiscard]] bool postgres_load(struct hosting_call *call, const struct tenant_place *place,
                                 const char *path, const struct copy_watch *watch);
[[nodiscard]] bool postgres_weigh(struct hosting_call *call, const struct tenant_place *place,
                                  int64_t *bytes);
[[nodiscard]] bool postgres_sum(struct hosting_call *call, const struct tenant_place *place,
                                const struct summing *summing, struct table_sums *sums);

/* ---- SQLite ---- */

/* host_sqlite.c */
const char *sqlite_path_of(struct hosting_call *call, struct text name);
[[nodiscard]] bool sqlite_copy_file(struct hosting_call *call, const char *from, const char *to); /* synced */
[[nodiscard]] bool sqlite_sync_path(struct hosting_call *call, const char *path);
void sqlite_remove_database(struct hosting_call *call, const char *path);

/* host_sqlite_access.c: triggers that refuse every write, also of who holds the file open. */
[[nodiscard]] bool sqlite_set_read_only(struct hosting_call *call, struct db *db, bool read_only);

/* copying_sqlite.c */
/* A file of what `from`, on which it begins a transaction, reads: the same pages, no companions, its
 * integrity checked, not yet synced. What stands there is dropped first. */
[[nodiscard]] bool sqlite_copy_image(struct hosting_call *call, struct db *from, const char *path,
                                     const struct copy_watch *watch, struct db **image);
[[nodiscard]] bool sqlite_dump(struct hosting_call *call, const struct tenant_place *place,
                               enum dump_form form, const char *path, const struct copy_watch *watch,
                               struct table_sums *sums);
[[nodiscard]] bool sqlite_load(struct hosting_call *call, const struct tenant_place *place, const char *path,
                               const struct copy_watch *watch);
[[nodiscard]] bool sqlite_sum(struct hosting_call *call, const struct tenant_place *place,
                              const struct summing *summing, struct table_sums *sums);
