#include "record/sealed.h"
#include "base/random.h"
#include "model/model.h"
#include "record/sql_text.h"
#include <string.h>

/* Names come from the model; numbers are ours. */
static void write_query(struct sql_text *sql, const struct sealed_walk *walk,
                        const struct sealed_piece *piece, struct text after)
{
    const char *column = piece->column->name;
    buffer_print(&sql->text, "SELECT id, %s, ", piece->column->seal_place);
    if (walk->head > 0)
        buffer_print(&sql->text, "substr(%s, 1, %d)", column, walk->head);
    else
        sql_add(sql, column);
    buffer_print(&sql->text, " FROM %s WHERE %s IS NOT NULL AND id > ", piece->table->name, column);
    sql_bind(sql, value_text(after));
    if (walk->but.length > 0) {
        buffer_print(&sql->text, " AND substr(%s, 1, %zu) <> ", column, walk->but.length);
        sql_bind(sql, value_text(walk->but));
    }
    buffer_print(&sql->text, " ORDER BY id LIMIT %d", SEALED_PIECE_ROWS);
}

static bool read_piece(struct work *work, const struct sealed_walk *walk, struct text after,
                       struct sealed_piece *piece)
{
    struct sql_text sql;
    struct result result;
    sql_begin(&sql, work->arena);
    write_query(&sql, walk, piece, after);
    if (!sql_run(work, &sql, &result))
        return false;
    piece->count = result.row_count;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        piece->values[i] = (struct sealed_value){
            .id = row[0].text,
            .place = arena_format(work->arena, "%s.%s:%.*s", piece->table->name, piece->column->name,
                                  TEXT_ARG(row[1].text)),
            .sealed = row[2].text,
        };
    }
    return true;
}

/* One piece, in memory of its own; the last id of it becomes `after`. */
static bool visit_piece(struct work *outer, const struct sealed_walk *walk, struct sealed_piece *piece,
                        char after[static UUID_LENGTH + 1])
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct work work = *outer;
    work.arena = arena;
    bool done = read_piece(&work, walk, text_from(after), piece)
             && (piece->count == 0 || walk->visit(&work, piece, walk->data));
    outer->error = work.error;
    if (piece->count > 0)
        memcpy(after, piece->values[piece->count - 1].id.data, UUID_LENGTH);
    return done;
}

static bool visit_column(struct work *work, const struct sealed_walk *walk, const struct table *table,
                         const struct column *column)
{
    char after[UUID_LENGTH + 1] = "00000000-0000-0000-0000-000000000000";
    struct sealed_piece *piece = arena_new(work->arena, struct sealed_piece);
    *piece = (struct sealed_piece){ .table = table, .column = column };
    do
        if (!visit_piece(work, walk, piece, after))
            return false;
    while (piece->count == SEALED_PIECE_ROWS);
    return true;
}

bool sealed_visit(struct work *work, const struct sealed_walk *walk)
{
    for (const struct table *const *table = all_tables; *table; table++)
        for (size_t i = 0; i < (*table)->width; i++)
            if ((*table)->columns[i].seal_place && !visit_column(work, walk, *table, &(*table)->columns[i]))
                return false;
    return true;
}
