/* What a tenant's role may do on PostgreSQL: sign in or not, write or not. */
#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "crypto/scram.h"
#include "hosting/host.h"
#include "sql/driver.h"

enum { LOOK_AGAIN_MS = 5, BEGINNING_MAX_MS = 1'000 };

struct text postgres_timeout(struct hosting_call *call, const struct tenant_place *place)
{
    return place->statement_timeout_s > 0
             ? arena_format(call->arena, "SET statement_timeout = '%ds'", (int)place->statement_timeout_s)
             : TEXT("RESET statement_timeout");
}

/*
 * With its password, its number of connections and its timeout, whatever it had before. A role that is gone
 * stays gone. CONNECT goes with LOGIN: it is asked for later in a session's beginning, so that one that was
 * let in a moment ago is still stopped there. An administrator who has it through the role alone gets it as
 * himself.
 */
static bool set_login(struct hosting_call *call, struct db *administrator, const struct tenant_place *place)
{
    static const char script[] = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN"
                                 " ALTER ROLE {name} {login} PASSWORD '{verifier}' CONNECTION LIMIT {limit};"
                                 " ALTER ROLE {name} {timeout};"
                                 " IF EXISTS (SELECT FROM pg_database WHERE datname = '{name}') THEN"
                                 " IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN"
                                 " GRANT CONNECT ON DATABASE {name} TO CURRENT_USER; END IF;"
                                 " {give} CONNECT ON DATABASE {name} {to} {name}; END IF; END IF; END $$";
    bool enters = place->access != ACCESS_none;
    return postgres_script(
        call, administrator, script,
        BLANKS({ "name", place->name }, { "login", enters ? TEXT("LOGIN") : TEXT("NOLOGIN") },
               { "give", enters ? TEXT("GRANT") : TEXT("REVOKE") },
               { "limit", arena_format(call->arena, "%d", (int)place->connections_max) },
               { "timeout", postgres_timeout(call, place) }, { "to", enters ? TEXT("TO") : TEXT("FROM") },
               { "verifier", scram_verifier(call->arena, place->password) }));
}

/* What it begins its sessions with; a shut role keeps what it had. */
static const char *const writing[] = {
    [ACCESS_none] = NULL,
    [ACCESS_read_only] = "ALTER ROLE {name} IN DATABASE {name} SET default_transaction_read_only = on",
    [ACCESS_full] = "ALTER ROLE {name} IN DATABASE {name} RESET default_transaction_read_only",
};

static bool is_read_only(struct hosting_call *call, struct db *db, struct text name, bool *set)
{
    static const char sql[] = "SELECT 1 FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
                              " JOIN pg_roles r ON r.oid = s.setrole WHERE d.datname = $1 AND r.rolname = $1"
                              " AND 'default_transaction_read_only=on' = ANY (s.setconfig)";
    struct result result;
    if (!db_run(db, call->arena, &result, call->error, sql, PARAMETERS(value_text(name))))
        return false;
    *set = result.row_count > 0;
    return true;
}

/* Sessions of anybody's that are being begun in the database: in no list of activity yet, they hold its lock.
 */
#define BEGINNING                                                                                            \
    " FROM pg_locks l JOIN pg_database d ON d.oid = l.objid WHERE d.datname = $1 AND l.granted"              \
    " AND l.locktype = 'object' AND l.classid = 'pg_database'::regclass AND l.mode = 'RowExclusiveLock'"

static bool ask_beginning(struct hosting_call *call, struct db *db, const char *sql, struct text name,
                          struct text which, struct result *result)
{
    return db_run(db, call->arena, result, call->error, sql, PARAMETERS(value_text(name), value_text(which)));
}

/*
 * Whoever passed the checks before the rule was set took the lock before that too, and is listed when he lets
 * go of it; whoever takes it later is checked by the new rule. One that could be made to take for ever is
 * ended.
 */
static bool wait_for_beginning(struct hosting_call *call, struct db *db, struct text name)
{
    static const char now[] = "SELECT string_agg(virtualtransaction, ',')" BEGINNING;
    static const char still[] =
        "SELECT 1" BEGINNING " AND virtualtransaction = ANY (string_to_array($2, ','))";
    static const char end[] = "SELECT pg_terminate_backend(pid, 5000)" BEGINNING
                              " AND virtualtransaction = ANY (string_to_array($2, ','))";
    int64_t until_us = clock_monotonic_us() + BEGINNING_MAX_MS * INT64_C(1'000);
    struct result result;
    if (!db_run(db, call->arena, &result, call->error, now, PARAMETERS(value_text(name))))
        return false;
    struct text which = cell_text(result.cells[0]);
    for (bool over = which.length == 0; !over; clock_sleep_ms(LOOK_AGAIN_MS)) {
        bool is_late = clock_monotonic_us() > until_us;
        if (!ask_beginning(call, db, is_late ? end : still, name, which, &result))
            return false;
        over = is_late || result.row_count == 0;
    }
    return true;
}

/* Returns when they are gone: whoever is told to go may still be committing. */
static bool send_away(struct hosting_call *call, struct db *db, struct text name)
{
    static const char send[] =
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1";
    static const char left[] = "SELECT 1 FROM pg_stat_activity WHERE usename = $1 LIMIT 1";
    struct result result;
    if (!wait_for_beginning(call, db, name)
        || !db_run(db, call->arena, &result, call->error, send, PARAMETERS(value_text(name)))
        || !db_run(db, call->arena, &result, call->error, left, PARAMETERS(value_text(name))))
        return false;
    return result.row_count == 0
        || fail(call->error, ERROR_conflict, "a connection of %.*s does not end", TEXT_ARG(name));
}

/* The rule is set first, so that whoever is sent away comes back under it or not at all. Sessions that began
 * while they were read-only stay so, and are ended with it. */
bool postgres_set_access(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    bool was_read_only;
    return administrator_begin(call, &administrator)
        && is_read_only(call, administrator.db, place->name, &was_read_only)
        && (!writing[place->access]
            || postgres_script(call, administrator.db, writing[place->access],
                               BLANKS({ "name", place->name })))
        && set_login(call, administrator.db, place)
        && ((place->access == ACCESS_full && !was_read_only)
            || send_away(call, administrator.db, place->name));
}

static struct text guest_of(struct hosting_call *call, struct text name)
{
    return arena_format(call->arena, "nidia_guest_%.*s",
                        TEXT_ARG(text_slice(name, sizeof "tenant_" - 1, name.length)));
}

/*
 * A role that may do what the tenant's may and nothing else, and becomes it as it signs in: the tenant's own
 * stays shut out, and its connections are not ours to use up. The administrator does not enter in its place:
 * what a tenant has hidden in a function must not run with his rights. The password is the installation's own
 * for this database, so that those who enter at the same time do not change it for one another.
 */
bool postgres_enter_as_guest(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    static const char script[] =
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{guest}') THEN"
        " CREATE ROLE {guest}; END IF; END $$;"
        "GRANT {name} TO {guest}; GRANT CONNECT ON DATABASE {name} TO {guest};"
        "ALTER ROLE {guest} LOGIN PASSWORD '{verifier}'; ALTER ROLE {guest} SET role = '{name}'";
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    struct text guest = guest_of(call, place->name);
    struct text password =
        base64url_encode(call->arena, mac_make(call->arena, call->hosting->keyring, guest));
    return administrator_begin(call, &administrator)
        && postgres_script(call, administrator.db, script,
                           BLANKS({ "name", place->name }, { "guest", guest },
                                  { "verifier", scram_verifier(call->arena, password) }))
        && postgres_connect(db, postgres_way_to(call, place->name, guest, password), call->error);
}

bool postgres_drop_roles(struct hosting_call *call, struct db *administrator, struct text name)
{
    return postgres_script(call, administrator, "DROP ROLE IF EXISTS {guest}; DROP ROLE IF EXISTS {name}",
                           BLANKS({ "name", name }, { "guest", guest_of(call, name) }));
}

/* This session may write: what is read-only is the product. */
bool postgres_enter(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    if (place->access == ACCESS_none)
        return postgres_enter_as_guest(call, place, db);
    return postgres_connect_as_tenant(call, place, db)
        && (place->access == ACCESS_full
            || db_run_script(*db, call->error, "SET default_transaction_read_only = off"));
}
