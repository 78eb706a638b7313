#include "record/search_fill.h"
#include "base/random.h"
#include "record/search.h"
#include "record/sql_text.h"
#include <assert.h>
#include <string.h>

enum { PAGE_ROWS = 100 };

/* The latest row done, and whether there may be more. */
struct progress {
    char id[UUID_LENGTH + 1];
    bool more;
};

static bool fill_row(struct db *db, struct arena *arena, const struct table *table, const struct value *cells,
                     struct error *error)
{
    struct result ignored;
    const char *update = arena_format(arena, "UPDATE %s SET search = $2 WHERE id = $1", table->name).data;
    return db_run(db, arena, &ignored, error, update,
                  PARAMETERS(cells[0], value_text(search_of_row(arena, table, cells))));
}

static bool fill_page(struct db *db, struct arena *arena, const struct table *table,
                      struct progress *progress, struct error *error)
{
    struct result result;
    struct sql_text sql;
    sql_begin(&sql, arena);
    sql_select(&sql, table);
    buffer_print(&sql.text, " WHERE id > $1 ORDER BY id LIMIT %d {for update}", PAGE_ROWS);
    if (!db_run(db, arena, &result, error, sql.text.data, PARAMETERS(value_string(progress->id))))
        return false;
    struct value *cells = arena_array(arena, struct value, table->width);
    for (size_t i = 0; i < result.row_count; i++) {
        row_read(table, result_row(&result, i), cells);
        if (!fill_row(db, arena, table, cells, error))
            return false;
    }
    progress->more = result.row_count == PAGE_ROWS;
    if (result.row_count > 0) {
        assert(cells[0].text.length == UUID_LENGTH); /* the key of whatever is searched */
        memcpy(progress->id, cells[0].text.data, UUID_LENGTH);
    }
    return true;
}

static bool fill_piece(struct db *db, struct arena *arena, const struct table *table,
                       struct progress *progress, struct error *error)
{
    if (db_begin(db, error) && fill_page(db, arena, table, progress, error) && db_commit(db, error))
        return true;
    db_rollback(db);
    return false;
}

bool search_fill(struct db *db, const struct table *table, bool in_pieces, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct progress progress = { "00000000-0000-0000-0000-000000000000", true };
    while (progress.more) {
        if (!(in_pieces ? fill_piece : fill_page)(db, arena, table, &progress, error))
            return false;
        arena_reset(arena);
    }
    return true;
}
