/* Writing down what was consumed from memory, piece by piece, and hearing what other nodes wrote. */
#include "base/buffer.h"
#include "record/site.h"
#include "record/transact.h"
#include "usage/usage.h"
#include "usage/usage_parts.h"
#include "usage/usage_warning.h"

struct piece {
    const struct ledger_line *lines;
    struct usage_row rows[USAGE_ROWS_MAX];
    size_t count;
};

static bool write_line(struct work *work, const struct ledger_line *line, struct usage_row *row)
{
    if (!usage_row_add(work, line, row))
        return false;
    for (enum tenant_limit limit = LIMIT_monthly_emails; limit < LIMIT_COUNT && row->found; limit++)
        if (line->counts[limit] > 0
            && !usage_warn(work, text_from(line->tenant_id), limit, row->used[limit], row->allowed[limit],
                           row->month))
            return false;
    return true;
}

bool usage_tell(struct work *work, const struct text *ids, size_t count)
{
    struct buffer told = { .arena = work->arena };
    buffer_print(&told, "usage:%s:", work->site->usage->node);
    for (size_t i = 0; i < count; i++)
        buffer_print(&told, "%s%.*s", i > 0 ? "," : "", TEXT_ARG(ids[i]));
    return count == 0 || db_notify(work->db, work->arena, &work->error, told.text);
}

static bool write_piece(struct work *work, void *data)
{
    struct piece *piece = data;
    struct text ids[USAGE_ROWS_MAX];
    for (size_t i = 0; i < piece->count; i++) {
        const struct ledger_line *line = &piece->lines[i];
        piece->rows[i] = (struct usage_row){};
        if (!line->is_written && !write_line(work, line, &piece->rows[i]))
            return false;
        ids[i] = text_from(line->tenant_id);
    }
    return usage_tell(work, ids, piece->count);
}

static struct tenant_use *use_of(struct directory *directory, const struct ledger_line *line)
{
    const struct directory_entry *entry = directory_find(directory, ENTRY_id, text_from(line->tenant_id));
    return entry ? entry->use : NULL;
}

static void begin_write(struct work *work, const struct piece *piece)
{
    struct directory *directory = work->site->directory;
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    for (size_t i = 0; i < piece->count; i++) {
        struct tenant_use *use = use_of(directory, &piece->lines[i]);
        if (use)
            tenant_use_begin_write(use, piece->lines[i].month, piece->lines[i].counts);
    }
}

static void end_write(struct work *work, const struct piece *piece, bool written)
{
    struct directory *directory = work->site->directory;
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    for (size_t i = 0; i < piece->count; i++) {
        const struct usage_row *row = &piece->rows[i];
        struct tenant_use *use = use_of(directory, &piece->lines[i]);
        if (use)
            tenant_use_end_write(use, piece->lines[i].month, piece->lines[i].counts, written);
        if (use && written && row->found)
            tenant_use_learn(use, row->ticket, row->month, row->used);
    }
}

/* Where nobody knows whether it was committed it counts as written: nothing is ever counted twice. */
bool usage_write_lines(struct work *work, const struct ledger_line *lines, size_t count, bool *is_over)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct work own = *work;
    own.arena = arena;
    struct piece *piece = arena_new(arena, struct piece);
    piece->lines = lines;
    piece->count = count;
    begin_write(&own, piece);
    bool written = db_transact(&own, write_piece, piece);
    *is_over = written || own.error.code == ERROR_outcome_unknown;
    end_write(&own, piece, *is_over);
    work->error = own.error;
    return written;
}

static bool write_next(struct work *work, struct usage *usage)
{
    bool is_over;
    size_t left = usage->taken_over.count - usage->written;
    size_t count = left < USAGE_ROWS_MAX ? left : USAGE_ROWS_MAX;
    bool written = usage_write_lines(work, usage->taken_over.lines + usage->written, count, &is_over);
    usage->written += is_over ? count : 0;
    return written;
}

static void take_over(struct usage *usage)
{
    ledger_clear(&usage->taken_over);
    usage->written = 0;
    pthread_mutex_lock(&usage->lock);
    struct ledger fresh = usage->fresh;
    usage->fresh = usage->taken_over;
    usage->taken_over = fresh;
    pthread_mutex_unlock(&usage->lock);
    ledger_sort(&usage->taken_over);
}

bool usage_write(struct work *work)
{
    struct usage *usage = work->site->usage;
    bool done = true;
    pthread_mutex_lock(&usage->writing);
    for (int rounds = 0; rounds < 2 && done; rounds++) { /* what was left over, and what has come since */
        while (done && usage->written < usage->taken_over.count)
            done = write_next(work, usage);
        if (done && rounds == 0)
            take_over(usage);
    }
    pthread_mutex_unlock(&usage->writing);
    return done;
}

void usage_learn(struct work *work, struct text tenant_id, const struct usage_row *row)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(work->site->directory);
    const struct directory_entry *entry = directory_find(work->site->directory, ENTRY_id, tenant_id);
    if (entry)
        tenant_use_learn(entry->use, row->ticket, row->month, row->used);
}

bool usage_heard(struct work *work, struct text told)
{
    struct text ids[USAGE_ROWS_MAX];
    size_t count = 0;
    if (text_is(text_cut(&told, ':'), work->site->usage->node))
        return true;
    while (told.length > 0 && count < USAGE_ROWS_MAX)
        ids[count++] = text_cut(&told, ',');
    return usage_rows_read(work, ids, count, usage_learn);
}
