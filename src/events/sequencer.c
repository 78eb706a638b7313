#include "events/sequencer.h"
#include "record/site.h"
#include "record/transact.h"
#include "sql/database.h"

enum { PIECE_EVENTS = 500 };

/* Events of one moment in the order of their ids, which ascend within a transaction; of the same row, the
 * revision tells which came first. */
static bool number_piece(struct work *work, void *data)
{
    static const char sql[] =
        "UPDATE events SET position = numbered.position FROM "
        "(SELECT id, row_number() OVER (ORDER BY created_at, id) + (SELECT coalesce(max(position), 0) FROM "
        "events) "
        "AS position FROM (SELECT id, created_at FROM events WHERE position IS NULL ORDER BY created_at, id "
        "LIMIT $1) AS waiting) AS numbered WHERE events.id = numbered.id";
    int64_t *numbered = data;
    struct result result;
    if (!db_lock(work->db, work->arena, &work->error, TEXT("events sequencer"))
        || !db_run(work->db, work->arena, &result, &work->error, sql,
                   PARAMETERS(value_integer(PIECE_EVENTS))))
        return false;
    *numbered = result.changed;
    return result.changed == 0 || db_notify(work->db, work->arena, &work->error, TEXT("events:"));
}

/* Most rounds find nothing: a look costs no transaction. */
static bool look(struct work *work, bool *waiting, int64_t *last)
{
    static const char sql[] = "SELECT EXISTS (SELECT 1 FROM events WHERE position IS NULL), "
                              "(SELECT coalesce(max(position), 0) FROM events)";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS))
        return false;
    *waiting = cell_boolean(result.cells[0]);
    *last = cell_integer(result.cells[1]);
    return true;
}

bool sequencer_run(struct work *work, int64_t *last)
{
    bool waiting;
    if (!look(work, &waiting, last))
        return false;
    while (waiting) {
        int64_t numbered = 0;
        if (!db_transact(work, number_piece, &numbered) || !look(work, &waiting, last))
            return false;
    }
    database_settle(work->site->database);
    return true;
}
