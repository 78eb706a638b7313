/*
 * Tenants' databases on a PostgreSQL server: a role for each, and a database that this role alone may enter.
 *
 * Names reach the server inside statements, which take no parameters for them: hosting.c has checked that
 * they are of the strict alphabet of place_is_named_well. Passwords reach it as SCRAM verifiers alone.
 */
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/scram.h"
#include "hosting/host.h"
#include "sql/driver.h"

/*
 * What tells this installation's databases and roles from those of another on the same server. Every role can
 * read it, and none but this installation can make it.
 */
static struct text covered_by_mark(struct hosting_call *call, struct text name)
{
    return arena_format(call->arena, "tenant database:%.*s", TEXT_ARG(name));
}

static bool is_marked(struct hosting_call *call, struct text name, struct text mark)
{
    struct text mac;
    return base64url_decode(call->arena, mark, &mac)
        && mac_matches(call->arena, call->hosting->keyring, covered_by_mark(call, name), mac);
}

static struct text mark_of(struct hosting_call *call, struct text name)
{
    struct text mac = mac_make(call->arena, call->hosting->keyring, covered_by_mark(call, name));
    return base64url_encode(call->arena, text_slice(mac, 0, MAC_SIZE_MIN));
}

/* An administrator that is no superuser must be a member of the roles whose databases it makes. */
static bool make_role(struct hosting_call *call, const struct tenant_place *place)
{
    static const char script[] =
        "DO $$ BEGIN"
        " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN CREATE ROLE {name}; END IF;"
        " IF NOT pg_has_role(current_user, '{name}', 'MEMBER') THEN GRANT {name} TO CURRENT_USER; END IF;"
        "END $$;"
        "ALTER ROLE {name} LOGIN PASSWORD '{verifier}' CONNECTION LIMIT {limit};"
        "ALTER ROLE {name} {timeout};"
        "ALTER ROLE {name} SET idle_in_transaction_session_timeout = '60s';"
        "COMMENT ON ROLE {name} IS '{mark}'";
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    return administrator_begin(call, &administrator)
        && postgres_script(
               call, administrator.db, script,
               BLANKS({ "name", place->name }, { "verifier", scram_verifier(call->arena, place->password) },
                      { "limit", arena_format(call->arena, "%d", (int)place->connections_max) },
                      { "timeout", postgres_timeout(call, place) }, { "mark", mark_of(call, place->name) }));
}

bool postgres_has_database(struct hosting_call *call, struct db *db, struct text name, bool *exists)
{
    struct result result;
    if (!db_run(db, call->arena, &result, call->error, "SELECT 1 FROM pg_database WHERE datname = $1",
                PARAMETERS(value_text(name))))
        return false;
    *exists = result.row_count > 0;
    return true;
}

/*
 * Once for each start: shuts the databases that every role may enter from the day the server is made, and the
 * control plane's own. Where the administrator does not own them the server only warns; `nidia doctor` tells.
 */
static bool shut_server(struct hosting_call *call, struct db *db)
{
    static const char script[] =
        "DO $$ DECLARE shut name; BEGIN"
        " FOR attempt IN 1 .. 10 LOOP BEGIN"
        " FOR shut IN SELECT datname FROM pg_database"
        " WHERE datname IN ('postgres', 'template1', current_database())"
        " AND has_database_privilege('public', oid, 'CONNECT')"
        " LOOP EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', shut); END LOOP; EXIT;"
        " EXCEPTION WHEN internal_error THEN NULL; END; END LOOP;" /* another changes one at this moment */
        "END $$";
    if (!atomic_load(&call->host->is_shut) && !db_run_script(db, call->error, script))
        return false;
    atomic_store(&call->host->is_shut, true);
    return true;
}

/* The template of this schema, made first if there is none. */
static bool find_template(struct hosting_call *call, struct db *db, struct text *template)
{
    bool exists;
    *template = arena_format(call->arena, "nidia_template_%.*s", TEXT_ARG(call->schema->fingerprint));
    return postgres_has_database(call, db, *template, &exists)
        && (exists || template_make(call, db, *template));
}

static bool take_over(struct hosting_call *call, struct text name)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return postgres_connect_to(call, name, &db)
        && postgres_script(call, db, "REASSIGN OWNED BY nidia_template TO {name}", BLANKS({ "name", name }));
}

/* Nobody may connect before CONNECT has been taken from everybody: a new database grants it to all. */
bool postgres_make_database_of(struct hosting_call *call, struct db *administrator, struct text name,
                               struct text template)
{
    static const char create_shut[] =
        "CREATE DATABASE {name} TEMPLATE {template} OWNER {name} ENCODING 'UTF8' ALLOW_CONNECTIONS false";
    static const char open_to_its_owner[] = "REVOKE ALL ON DATABASE {name} FROM PUBLIC;"
                                            "COMMENT ON DATABASE {name} IS '{mark}';"
                                            "ALTER DATABASE {name} ALLOW_CONNECTIONS true";
    bool exists;
    return shut_server(call, administrator) && postgres_has_database(call, administrator, name, &exists)
        && (exists
            || postgres_script(call, administrator, create_shut,
                               BLANKS({ "name", name }, { "template", template })))
        && postgres_script(call, administrator, open_to_its_owner,
                           BLANKS({ "name", name }, { "mark", mark_of(call, name) }));
}

static bool make_database(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    struct text template;
    return administrator_begin(call, &administrator) && find_template(call, administrator.db, &template)
        && postgres_make_database_of(call, administrator.db, place->name, template)
        && take_over(call, place->name);
}

static bool drop(struct hosting_call *call, const struct tenant_place *place)
{
    const struct tenant_place shut = { .name = place->name, .access = ACCESS_none };
    const struct blank *name = BLANKS({ "name", place->name });
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    return postgres_set_access(call, &shut) && administrator_begin(call, &administrator)
        && postgres_script(call, administrator.db, "DROP DATABASE IF EXISTS {name} WITH (FORCE)", name)
        && postgres_drop_roles(call, administrator.db, place->name);
}

/* Rows of name and mark. */
static bool list_marked(struct hosting_call *call, const char *sql, struct place_list *list)
{
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    struct result result;
    if (!administrator_begin(call, &administrator)
        || !db_run(administrator.db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        if (is_marked(call, row[0].text, cell_text(row[1])))
            place_list_add(list, call->arena, row[0].text);
    }
    return true;
}

static bool list_databases(struct hosting_call *call, struct place_list *list)
{
    return list_marked(call,
                       "SELECT datname::text, shobj_description(oid, 'pg_database') FROM pg_database"
                       " WHERE datname LIKE 'tenant\\_%' ORDER BY datname",
                       list);
}

static bool list_roles(struct hosting_call *call, struct place_list *list)
{
    return list_marked(call,
                       "SELECT rolname::text, shobj_description(oid, 'pg_authid') FROM pg_roles"
                       " WHERE rolname LIKE 'tenant\\_%' ORDER BY rolname",
                       list);
}

static bool measure(struct hosting_call *call, struct place_sizes *sizes)
{
    static const char sql[] = "SELECT datname::text, pg_database_size(oid) FROM pg_database"
                              " WHERE datname LIKE 'tenant\\_%'";
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    struct result result;
    if (!administrator_begin(call, &administrator)
        || !db_run(administrator.db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        place_sizes_add(sizes, call->arena, row[0].text, cell_integer(row[1]));
    }
    return true;
}

static bool find_weaknesses(struct hosting_call *call, struct text *found)
{
    static const char sql[] =
        "SELECT coalesce(string_agg(finding, E'\\n' ORDER BY finding), '') FROM ("
        " SELECT 'every role may enter the database ' || datname AS finding FROM pg_database"
        " WHERE datallowconn AND has_database_privilege('public', oid, 'CONNECT')"
        " UNION ALL SELECT 'a template was left half made: ' || datname FROM pg_database d"
        " WHERE datname LIKE 'nidia\\_unfinished\\_%'"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)) AS findings";
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    struct result result;
    if (!administrator_begin(call, &administrator)
        || !db_run(administrator.db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    *found = result_row(&result, 0)->text;
    return true;
}

/* The options tell a URL. */
static struct text folder_of(struct arena *, const struct options *)
{
    return TEXT("");
}

static bool establish(struct host *, struct error *)
{
    return true;
}

/* On a connection of its own: one that is kept tells nothing of those that come. */
static bool check(struct hosting_call *call)
{
    static const char sql[] = "SELECT 1 FROM pg_roles WHERE rolname = current_user"
                              " AND (rolsuper OR (rolcreatedb AND rolcreaterole))";
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    struct result result;
    if (!postgres_connect(&db, arena_string(call->arena, call->host->facts.url), call->error)
        || !db_run(db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    return result.row_count > 0
        || fail(call->error, ERROR_conflict, "the role may not make databases and roles there");
}

/* Copies of a server have its identifier, but were not started with it. */
static bool identify(struct hosting_call *call, struct text *identity)
{
    static const char sql[] =
        "SELECT system_identifier || ' ' || extract(epoch FROM pg_postmaster_start_time())"
        " FROM pg_control_system()";
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    struct result result;
    if (!administrator_begin(call, &administrator)
        || !db_run(administrator.db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    *identity = cell_text(result.cells[0]);
    return true;
}

const struct host_driver host_postgres = {
    .engine = ENGINE_POSTGRES,
    .folder_of = folder_of,
    .open = postgres_open,
    .establish = establish,
    .check = check,
    .identify = identify,
    .make_role = make_role,
    .make_database = make_database,
    .connect = postgres_connect_as_tenant,
    .enter = postgres_enter,
    .set_access = postgres_set_access,
    .drop = drop,
    .list_databases = list_databases,
    .list_roles = list_roles,
    .measure = measure,
    .find_weaknesses = find_weaknesses,
    .dump_names = { [DUMP_TO_LOAD] = "database.dump", [DUMP_TO_GIVE] = "database.sql" },
    .dump = postgres_dump,
    .load = postgres_load,
    .weigh = postgres_weigh,
    .sum = postgres_sum,
};
