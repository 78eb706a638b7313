/* A CREATE TABLE is taken apart as SQLite reads it, and what differs between two databases is told once. */
#include "base/arena.h"
#include "hosting/create_table.h"
#include "hosting/schema_differences.h"
#include "scratch.h"
#include "test.h"

static bool next_is(struct create_table *statement, bool is_rule, const char *name, const char *definition)
{
    struct table_part part;
    if (!create_table_next(statement, &part))
        return false;
    test_note("%.*s: %.*s", TEXT_ARG(part.name), TEXT_ARG(part.definition));
    return part.is_rule == is_rule && text_is(part.name, name) && text_is(part.definition, definition);
}

TEST(columns_and_rules_are_told_apart)
{
    struct create_table statement;
    struct table_part part;
    CHECK(create_table_begin(
        &statement, TEXT("CREATE TABLE \"a (b)\" (id INTEGER PRIMARY KEY, -- its number, (as it is\n"
                         "  \"check\" TEXT DEFAULT ',)', /* a, b) */ [to, from] NUMERIC(5, 2)\n,plain,"
                         "CONSTRAINT short CHECK (length(\"check\") < 5), unique (id, plain), FOREIGN KEY "
                         "(id) REFERENCES x) STRICT, WITHOUT ROWID")));
    CHECK(next_is(&statement, false, "id", "id INTEGER PRIMARY KEY"));
    CHECK(next_is(&statement, false, "\"check\"", "\"check\" TEXT DEFAULT ',)'"));
    CHECK(next_is(&statement, false, "[to, from]", "[to, from] NUMERIC(5, 2)"));
    CHECK(next_is(&statement, false, "plain", "plain"));
    CHECK(next_is(&statement, true, "short", "CONSTRAINT short CHECK (length(\"check\") < 5)"));
    CHECK(next_is(&statement, true, "unique (id, plain)", "unique (id, plain)"));
    CHECK(next_is(&statement, true, "FOREIGN KEY (id) REFERENCES x", "FOREIGN KEY (id) REFERENCES x"));
    CHECK(!create_table_next(&statement, &part) && text_is(statement.tail, " STRICT, WITHOUT ROWID"));
}

TEST(what_is_no_such_statement_is_left_alone)
{
    struct create_table statement;
    CHECK(!create_table_begin(&statement, TEXT("CREATE VIRTUAL TABLE found USING fts5(words)")));
    CHECK(!create_table_begin(&statement, TEXT("CREATE TABLE x")));
    CHECK(!create_table_begin(&statement, TEXT("")));
}

/* Another connection changes it: whoever has read goes on in pg_catalog alone. */
static bool is_told(struct scratch *scratch, const char *sql, const char *on_files, const char *on_postgres)
{
    struct schema_objects before, after;
    struct error error = {};
    struct db *other = scratch_connect(scratch);
    bool changed = schema_objects_read(scratch->db, scratch->arena, &before, &error)
                && db_run_script(other, &error, sql)
                && schema_objects_read(scratch->db, scratch->arena, &after, &error);
    db_close(other);
    if (!changed)
        return false;
    struct schema_differences differences = schema_objects_compare(scratch->arena, &before, &after);
    struct text told = schema_differences_write(scratch->arena, &differences, 2);
    test_note("%.*s", TEXT_ARG(told));
    return text_is(told, scratch->engine == ENGINE_SQLITE ? on_files : on_postgres);
}

TEST_ON_BOTH(each_change_is_told_once)
{
    scratch_script(scratch,
                   "CREATE TABLE a (id integer PRIMARY KEY, name text, CONSTRAINT named CHECK (name <> ''));"
                   "CREATE TABLE b (id integer PRIMARY KEY)");
    CHECK(is_told(scratch, "ALTER TABLE a ADD COLUMN x integer", "[\"added: column a.x\"]",
                  "[\"added: column public.a.x\"]"));
    CHECK(is_told(scratch, "ALTER TABLE a DROP COLUMN x; ALTER TABLE a ADD COLUMN x integer", "[]", "[]"));
    CHECK(is_told(scratch, "ALTER TABLE a DROP COLUMN x; ALTER TABLE a ADD COLUMN x text",
                  "[\"differs: column a.x\"]", "[\"differs: column public.a.x\"]"));
    CHECK(is_told(scratch, "CREATE INDEX a_x ON a (x); CREATE VIEW v AS SELECT id FROM a",
                  "[\"added: index a_x\",\"added: view v\"]",
                  "[\"added: index public.a.a_x\",\"added: view public.v\"]"));
    CHECK(is_told(scratch, "DROP TABLE b", "[\"missing: table b\"]", "[\"missing: table public.b\"]"));
    CHECK(is_told(scratch,
                  "CREATE TABLE b (id integer PRIMARY KEY, x integer UNIQUE); CREATE INDEX b_x ON b (x)",
                  "[\"added: table b\"]", "[\"added: table public.b\"]"));
    CHECK(is_told(scratch, "DROP VIEW v; DROP INDEX a_x; DROP TABLE b",
                  "[\"missing: index a_x\",\"missing: table b\"]",
                  "[\"missing: index public.a.a_x\",\"missing: table public.b\"]"));
}
