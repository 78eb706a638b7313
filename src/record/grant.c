#include "record/grant.h"
#include "base/buffer.h"
#include "model/model.h"

/* Takes back what an earlier model granted, too. */
static void print_grant(struct buffer *sql, const char *table, const char *rights, struct text role)
{
    buffer_print(sql, "REVOKE ALL ON %s FROM %.*s;\nGRANT %s ON %s TO %.*s;\n", table, TEXT_ARG(role), rights,
                 table, TEXT_ARG(role));
}

bool schema_grant(struct db *owner, struct arena *arena, struct text role, struct error *error)
{
    struct result result;
    if (db_engine(owner) == ENGINE_SQLITE)
        return true;
    if (!db_run(owner, arena, &result, error,
                "SELECT quote_ident(CAST($1 AS text)), current_user = CAST($1 AS text), current_schema()",
                PARAMETERS(value_text(role))))
        return false;
    const struct value *row = result_row(&result, 0);
    struct text quoted = cell_text(row[0]), schema = cell_text(row[2]);
    if (cell_boolean(row[1])) /* one role for both: revoking would take the owner's own rights */
        return true;

    struct buffer sql = { .arena = arena };
    buffer_print(&sql, "GRANT USAGE ON SCHEMA %.*s TO %.*s;\n", TEXT_ARG(schema), TEXT_ARG(quoted));
    print_grant(&sql, "schema_objects", "SELECT", quoted);
    for (const struct table *const *table = all_tables; *table; table++)
        if (!((*table)->is & SHAPE))
            print_grant(&sql, (*table)->name,
                        (*table)->is & APPENDED ? "SELECT, INSERT" : "SELECT, INSERT, UPDATE, DELETE",
                        quoted);
    if (db_begin(owner, error) && db_run_script(owner, error, sql.data) && db_commit(owner, error))
        return true;
    db_rollback(owner);
    return false;
}
