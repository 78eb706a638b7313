/*
 * The database that tenants' databases are copied from on PostgreSQL: it has run the schema, its objects
 * belong to a role that cannot sign in, and nobody can connect to it.
 *
 * It is made under a name of its own and renamed when it is whole. Two that make the same at once both
 * succeed: the second finds the name taken and drops its own.
 */
#include "base/buffer.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "hosting/host.h"
#include <assert.h>

enum { UNFINISHED_BYTES = 6 };

bool postgres_script(struct hosting_call *call, struct db *db, const char *script, const struct blank *blanks)
{
    struct buffer sql = { .arena = call->arena };
    for (struct text rest = text_from(script); rest.length > 0;) {
        buffer_add(&sql, text_cut(&rest, '{'));
        if (rest.length == 0)
            break;
        struct text name = text_cut(&rest, '}');
        const struct blank *blank = blanks;
        while (blank->name && !text_is(name, blank->name))
            blank++;
        assert(blank->name);
        buffer_add(&sql, blank->text);
    }
    return db_run_script(db, call->error, sql.data);
}

static bool make_owner(struct hosting_call *call, struct db *administrator)
{
    static const char script[] = "DO $$ BEGIN CREATE ROLE nidia_template NOLOGIN;"
                                 "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;"
                                 "DO $$ BEGIN IF NOT pg_has_role(current_user, 'nidia_template', 'MEMBER')"
                                 " THEN GRANT nidia_template TO CURRENT_USER; END IF; END $$";
    return db_run_script(administrator, call->error, script);
}

static bool run_schema(struct hosting_call *call, struct text name)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return postgres_connect_to(call, name, &db)
        && db_run_script(db, call->error,
                         "GRANT ALL ON SCHEMA public TO nidia_template; SET ROLE nidia_template")
        && tenant_schema_apply(call->schema, db, call->arena, call->now, call->error)
        && db_run_script(db, call->error, "RESET ROLE; REVOKE ALL ON SCHEMA public FROM nidia_template");
}

/* It is never its objects' owner's own, whole or left unfinished by a killed node: REASSIGN OWNED in a copy
 * means the copy's objects, and every database that the owner has. */
static bool make_unfinished(struct hosting_call *call, struct db *administrator, struct text name)
{
    static const char finish[] = "REVOKE ALL ON DATABASE {name} FROM nidia_template;"
                                 "ALTER DATABASE {name} ALLOW_CONNECTIONS false IS_TEMPLATE true";
    const struct blank *blanks = BLANKS({ "name", name });
    return postgres_script(call, administrator, "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'",
                           blanks)
        && postgres_script(call, administrator,
                           "REVOKE ALL ON DATABASE {name} FROM PUBLIC;"
                           "GRANT CREATE ON DATABASE {name} TO nidia_template",
                           blanks)
        && run_schema(call, name) && postgres_script(call, administrator, finish, blanks);
}

/* Keeps the reason why it is dropped. */
static void drop_unfinished(struct hosting_call *call, struct db *administrator, struct text name)
{
    struct error why = *call->error;
    const struct blank *blanks = BLANKS({ "name", name });
    bool dropped = postgres_script(call, administrator, "ALTER DATABASE {name} IS_TEMPLATE false", blanks)
                && postgres_script(call, administrator, "DROP DATABASE {name} WITH (FORCE)", blanks);
    (void)dropped; /* what is left `nidia doctor` finds */
    *call->error = why;
}

/* Has another made the same meanwhile? Then nothing has failed. */
static bool is_made(struct hosting_call *call, struct db *administrator, struct text name)
{
    struct error why = *call->error;
    bool exists;
    if (postgres_has_database(call, administrator, name, &exists) && exists) {
        error_clear(call->error);
        return true;
    }
    *call->error = why;
    return false;
}

bool template_make(struct hosting_call *call, struct db *administrator, struct text name)
{
    unsigned char bytes[UNFINISHED_BYTES];
    random_bytes(bytes, sizeof bytes);
    struct text digits = hex_encode(call->arena, TEXT_BYTES(bytes));
    struct text unfinished = arena_format(call->arena, "nidia_unfinished_%.*s", TEXT_ARG(digits));
    if (make_owner(call, administrator) && make_unfinished(call, administrator, unfinished)
        && postgres_script(call, administrator, "ALTER DATABASE {unfinished} RENAME TO {name}",
                           BLANKS({ "unfinished", unfinished }, { "name", name })))
        return true;
    drop_unfinished(call, administrator, unfinished);
    return is_made(call, administrator, name);
}
