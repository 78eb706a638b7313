#include "events/sequencer.h"
#include "record/transact.h"

enum { PIECE_EVENTS = 500 };

struct numbering {
    bool waiting; /* there are events without a position */
    int64_t last;
};

/* Most rounds find nothing: a look costs no transaction. */
static bool look(struct work *work, struct numbering *numbering)
{
    static const char sql[] = "SELECT EXISTS (SELECT 1 FROM events WHERE position IS NULL), "
                              "(SELECT coalesce(max(position), 0) FROM events)";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS))
        return false;
    *numbering = (struct numbering){ cell_boolean(result.cells[0]), cell_integer(result.cells[1]) };
    return true;
}

bool sequencer_announce(struct work *work, int64_t last)
{
    struct text payload = arena_format(work->arena, "events:%lld", (long long)last);
    return db_notify(work->db, work->arena, &work->error, payload);
}

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
    struct numbering *numbering = data;
    struct result result;
    return db_lock(work->db, work->arena, &work->error, TEXT("events sequencer"))
        && db_run(work->db, work->arena, &result, &work->error, sql, PARAMETERS(value_integer(PIECE_EVENTS)))
        && look(work, numbering) && (result.changed == 0 || sequencer_announce(work, numbering->last));
}

bool sequencer_run(struct work *work, int64_t *last)
{
    struct numbering numbering;
    if (!look(work, &numbering))
        return false;
    while (numbering.waiting)
        if (!db_transact(work, number_piece, &numbering))
            return false;
    *last = numbering.last;
    return true;
}
