/*
 * Logical replication between two servers, by a publication, a slot and a role at the source, a subscription
 * and a role at the target, all of one name.
 *
 * The target applies rows as a role that is no superuser: a check or a default of the tenant's may call a
 * function of the tenant's. PostgreSQL 15 lets only superusers make a subscription, so the role is one until
 * it has.
 */
#include "base/buffer.h"
#include "crypto/hash.h"
#include "crypto/scram.h"
#include "hosting/copy_limit.h"
#include "hosting/host.h"
#include "hosting/replication.h"
#include "hosting/replication_parts.h"

enum { PASSWORD_BYTES = 32 };

static void leave(struct hosting_call *call)
{
    host_release(&call->host);
}

static bool go_to(struct hosting_call *call, const struct tenant_place *place)
{
    return hosts_take(call->hosting, place->host_id, &call->host, call->error);
}

/* ---- Possible? ---- */

static const char source_obstacle[] =
    "SELECT CASE WHEN current_setting('wal_level') <> 'logical' THEN 'the source has not wal_level = logical'"
    " WHEN NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'no superuser at the source'"
    " WHEN EXISTS (SELECT FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r') THEN 'unlogged tables'"
    " WHEN EXISTS (SELECT FROM pg_class WHERE relkind = 'm') THEN 'materialized views'"
    " WHEN EXISTS (SELECT FROM pg_class WHERE relrowsecurity) THEN 'row-level security'"
    " WHEN EXISTS (SELECT FROM pg_largeobject_metadata) THEN 'large objects' END";

static const char target_obstacle[] =
    "SELECT CASE WHEN current_setting('server_version_num')::int < 150000 THEN 'a target older than 15'"
    " WHEN NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'no superuser at the "
    "target' END";

bool replication_is_possible(struct hosting_call *call, const struct replication *replication, bool *possible,
                             const char **why)
{
    [[gnu::cleanup(db_cleanup)]] struct db *from = NULL;
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    [[gnu::cleanup(administrator_end)]] struct administrator to = {};
    struct text at_source, at_target;
    *possible = false;
    *why = "the engine has no replication";
    if (hosting_engine(call->hosting) != ENGINE_POSTGRES)
        return true;
    if (!replication_connect(call, replication->from, &from)
        || !replication_ask(call, from, source_obstacle, &at_source) || !go_to(&there, replication->to)
        || !administrator_begin(&there, &to) || !replication_ask(call, to.db, target_obstacle, &at_target))
        return false;
    *possible = at_source.length == 0 && at_target.length == 0;
    *why = arena_string(call->arena, at_source.length > 0 ? at_source : at_target);
    return true;
}

/* ---- Begun ---- */

/* Who alters a table while somebody is at it waits, and whoever writes waits behind him. */
#define NOT_FOR_LONG "SET lock_timeout = '2s';"

/* Rows without a key are known by all that they hold. */
static const char identify_rows[] = NOT_FOR_LONG
    "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT c.oid FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relreplident = 'd'"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS"
    " (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)"
    " LOOP EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', t); END LOOP; END $$";

static bool publish(struct hosting_call *call, const struct replication *replication, struct text password)
{
    static const char script[] = "CREATE ROLE {name} LOGIN REPLICATION PASSWORD '{verifier}';"
                                 "GRANT {tenant} TO {name};"
                                 "GRANT CONNECT ON DATABASE {tenant} TO {name};"
                                 "CREATE PUBLICATION {name} FOR ALL TABLES";
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return replication_connect(call, replication->from, &db) && db_run_script(db, call->error, identify_rows)
        && postgres_script(call, db, script,
                           BLANKS({ "name", replication_name(call, replication) },
                                  { "tenant", replication->from->name },
                                  { "verifier", scram_verifier(call->arena, password) }));
}

static struct text quoted(struct arena *arena, struct text text)
{
    struct buffer out = { .arena = arena };
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'')
            buffer_add_byte(&out, '\'');
        buffer_add_byte(&out, text.data[i]);
    }
    return out.text;
}

/* How the target's server finds the source: as we do. */
static bool way_to_source(struct hosting_call *call, const struct replication *replication,
                          struct text password, struct text *way)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    if (!go_to(&there, replication->from))
        return false;
    *way = text_from(
        postgres_way_to(&there, replication->from->name, replication_name(call, replication), password));
    return true;
}

static bool subscribe(struct hosting_call *call, const struct replication *replication, struct text password)
{
    static const char make_role[] = "CREATE ROLE {name} LOGIN SUPERUSER; GRANT {tenant} TO {name};"
                                    "GRANT CONNECT ON DATABASE {tenant} TO {name};"
                                    "SET ROLE {name}";
    static const char make[] = "CREATE SUBSCRIPTION {name} CONNECTION '{way}' PUBLICATION {name} WITH ("
                               "enabled = false, slot_name = '{name}', synchronous_commit = 'on')";
    static const char enable[] =
        "RESET ROLE; ALTER ROLE {name} NOSUPERUSER; ALTER SUBSCRIPTION {name} ENABLE";
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    struct text way;
    if (!way_to_source(call, replication, password, &way) || !replication_connect(call, replication->to, &db))
        return false;
    const struct blank *blanks =
        BLANKS({ "name", replication_name(call, replication) }, { "tenant", replication->to->name },
               { "way", quoted(call->arena, way) });
    return postgres_script(call, db, make_role, blanks) && postgres_script(call, db, make, blanks)
        && postgres_script(call, db, enable, blanks);
}

static bool sum_source(struct hosting_call *call, const struct replication *replication,
                       struct text *checksum)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return replication_connect(call, replication->from, &db) && replication_sum_schema(call, db, checksum);
}

bool replication_begin(struct hosting_call *call, const struct replication *replication, const char *path)
{
    struct tenant_place shut = *replication->to;
    struct text checksum, password = random_token(call->arena, PASSWORD_BYTES);
    shut.access = ACCESS_none;
    return replication_end(call, replication) && sum_source(call, replication, &checksum)
        && postgres_dump_schema(call, replication->from, path)
        && hosting_load(call, replication->to, path, NULL) && hosting_set_access(call, &shut)
        && publish(call, replication, password) && replication_note_schema(call, replication, checksum)
        && subscribe(call, replication, password);
}

/* ---- Ended ---- */

static bool read_sequences(struct hosting_call *call, struct db *db, struct result *sequences)
{
    static const char each[] =
        "SELECT string_agg(format('SELECT %L::text, last_value, is_called FROM %I.%I',"
        " format('%I.%I', n.nspname, c.relname), n.nspname, c.relname), ' UNION ALL ') FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND n.nspname !~ '^pg_'";
    struct text sql;
    *sequences = (struct result){};
    return replication_ask(call, db, each, &sql)
        && (sql.length == 0
            || db_run(db, call->arena, sequences, call->error, arena_string(call->arena, sql),
                      NO_PARAMETERS));
}

bool replication_finish(struct hosting_call *call, const struct replication *replication,
                        const struct copy_watch *watch)
{
    [[gnu::cleanup(db_cleanup)]] struct db *from = NULL, *to = NULL;
    struct result sequences, ignored;
    if (!replication_connect(call, replication->from, &from)
        || !replication_connect(call, replication->to, &to)
        || !copy_limit(watch, call->arena, from, call->error)
        || !copy_limit(watch, call->arena, to, call->error)
        || !replication_compare_schema(call, replication, from) || !read_sequences(call, from, &sequences))
        return false;
    for (size_t i = 0; i < sequences.row_count; i++) {
        const struct value *row = result_row(&sequences, i);
        if (!db_run(to, call->arena, &ignored, call->error, "SELECT setval($1::text::regclass, $2, $3)",
                    PARAMETERS(row[0], row[1], row[2])))
            return false;
    }
    return true;
}

/* In a database that was half made nothing is to be ended, and nobody can enter. */
static bool can_enter(struct hosting_call *call, struct db *db, struct text name, bool *can)
{
    struct result result;
    if (!db_run(db, call->arena, &result, call->error,
                "SELECT 1 FROM pg_database WHERE datname = $1 AND datallowconn",
                PARAMETERS(value_text(name))))
        return false;
    *can = result.row_count > 0;
    return true;
}

/* On one side: what is in the database, then the role, which that needs. CONNECT is its own, not the
 * tenant's, who is shut out. */
static bool end_at(struct hosting_call *call, const struct tenant_place *place, const char *script,
                   const struct blank *blanks)
{
    static const char drop_role[] = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
                                    " AND EXISTS (SELECT FROM pg_database WHERE datname = '{tenant}')"
                                    " THEN REVOKE CONNECT ON DATABASE {tenant} FROM {name}; END IF; END $$;"
                                    "DROP ROLE IF EXISTS {name}";
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    bool can;
    return go_to(&there, place) && administrator_begin(&there, &administrator)
        && can_enter(&there, administrator.db, place->name, &can)
        && (!can || (replication_connect(call, place, &db) && postgres_script(&there, db, script, blanks)))
        && postgres_script(&there, administrator.db, drop_role, blanks);
}

bool replication_end(struct hosting_call *call, const struct replication *replication)
{
    /* Without its slot, which is dropped over there: either side may have been lost. */
    static const char at_target[] =
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_subscription WHERE subname = '{name}') THEN"
        " ALTER SUBSCRIPTION {name} DISABLE; ALTER SUBSCRIPTION {name} SET (slot_name = NONE);"
        " DROP SUBSCRIPTION {name}; END IF; END $$";
    static const char at_source[] = NOT_FOR_LONG
        "DROP PUBLICATION IF EXISTS {name};"
        "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots"
        " WHERE database = current_database() AND active_pid IS NOT NULL;"
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
        " WHERE database = current_database();"
        "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r'"
        " AND c.relreplident = 'f' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid"
        " AND i.indisprimary) LOOP EXECUTE format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', t); END LOOP; "
        "END $$";
    const struct blank *blanks =
        BLANKS({ "name", replication_name(call, replication) }, { "tenant", replication->from->name });
    return hosting_engine(call->hosting) != ENGINE_POSTGRES
        || (end_at(call, replication->to, at_target, blanks)
            && end_at(call, replication->from, at_source, blanks));
}
