/*
 * What stands between the parentheses of a CREATE TABLE, as whoever owns a tenant's database may write it.
 * Whatever SQLite takes for a table is taken apart into the columns that SQLite sees, in their order, and its
 * rules; what SQLite refuses is read to its end all the same.
 */
#include "base/arena.h"
#include "hosting/create_table.h"
#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_READ = 2'000, PARTS_MAX = 2'100 };

static void read_all(struct text sql, struct text *columns, size_t *count)
{
    struct create_table statement;
    struct table_part part;
    const char *end = sql.data + sql.length;
    *count = 0;
    if (!create_table_begin(&statement, sql))
        return;
    while (create_table_next(&statement, &part)) {
        assert(part.definition.data >= sql.data && part.definition.data + part.definition.length <= end);
        assert(part.name.length <= part.definition.length);
        if (!part.is_rule)
            columns[(*count)++] = part.name;
        assert(*count < PARTS_MAX);
    }
    assert(statement.tail.data + statement.tail.length <= end || statement.tail.length == 0);
}

/* A name without quotes is the column's own. */
static void compare(sqlite3 *db, const struct text *columns, size_t count)
{
    sqlite3_stmt *statement;
    size_t seen = 0;
    assert(sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_xinfo('t')", -1, &statement, NULL)
           == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        assert(seen < count);
        struct text told = columns[seen++];
        assert(text_is(told, name) || text_find_byte(TEXT("\"'`["), told.data[0]) < 4);
    }
    sqlite3_finalize(statement);
    assert(seen == count);
}

static struct text kept_text(struct arena *arena, sqlite3 *db)
{
    sqlite3_stmt *statement;
    struct text text = {};
    if (sqlite3_prepare_v2(db, "SELECT sql FROM sqlite_schema WHERE name = 't' AND type = 'table'", -1,
                           &statement, NULL)
            == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW)
        text = arena_copy(arena, text_from((const char *)sqlite3_column_text(statement, 0)));
    sqlite3_finalize(statement);
    return text;
}

/* One statement alone: what follows it could make another t. */
static bool make(sqlite3 *db, struct text sql)
{
    sqlite3_stmt *statement;
    bool made = sqlite3_prepare_v2(db, sql.data, (int)sql.length, &statement, NULL) == SQLITE_OK
             && sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return made;
}

/* One for all runs, each of which is undone: opening one takes longer than all else. */
static sqlite3 *database(void)
{
    static sqlite3 *db;
    if (!db
        && sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL) != SQLITE_OK)
        abort();
    return db;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text columns[PARTS_MAX];
    size_t count;
    if (size > SIZE_MAX_READ)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text sql = arena_format(arena, "CREATE TABLE t(%.*s)", (int)size, (const char *)data);
    read_all(sql, columns, &count);

    sqlite3 *db = database();
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    if (make(db, sql)) {
        struct text kept = kept_text(arena, db);
        read_all(kept, columns, &count);
        compare(db, columns, count);
    }
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return 0;
}
