#include "copies/crossing.h"
#include "record/site.h"
#include "settings/options.h"
#include <unistd.h>

static struct replication replication_of(const struct move *move)
{
    return (struct replication){ &move->from, &move->to };
}

static bool is_sqlite(const struct work *work)
{
    return hosting_engine(work->site->hosting) == ENGINE_SQLITE;
}

static bool is_replicated(const struct work *work, const struct move *move)
{
    return !is_sqlite(work) && is_choice(move->row.method, tenant_move_method, replication);
}

static const char *path_of(struct work *work, const struct move *move)
{
    return arena_format(work->arena, "%s/move-%.*s.part", option_string(work->site->options, OPTION_data),
                        TEXT_ARG(move->row.to_name.text))
        .data;
}

bool crossing_is_followed(struct work *work, const struct move *move, bool *followed, const char **why)
{
    struct hosting_call call = hosting_call_of(work);
    const struct replication replication = replication_of(move);
    *followed = true;
    return is_sqlite(work) || replication_is_possible(&call, &replication, followed, why);
}

/* ---- While the tenant is at work ---- */

bool crossing_begin(struct work *work, const struct move *move, const struct copy_watch *watch)
{
    struct hosting_call call = hosting_call_of(work);
    const struct replication replication = replication_of(move);
    const char *path = path_of(work, move);
    if (!is_replicated(work, move))
        return true;
    bool begun =
        replication_begin(&call, &replication, path) && replication_catch_up(&call, &replication, watch);
    unlink(path);
    return begun;
}

bool crossing_come_near(struct work *work, const struct move *move, struct crossing *crossing,
                        int64_t within_ms, const struct copy_watch *watch)
{
    struct hosting_call call = hosting_call_of(work);
    const struct replication replication = replication_of(move);
    if (is_sqlite(work))
        return log_copy_begin(&call, &move->from, &move->to, watch, &crossing->log, &crossing->sums)
            && log_copy_come_near(&call, &crossing->log, within_ms, watch);
    return !is_replicated(work, move)
        || (replication_check_schema(&call, &replication)
            && replication_sums_begin(&call, &replication, watch, &crossing->ahead)
            && replication_come_near(&call, &replication, within_ms, watch));
}

/* ---- While it waits ---- */

static bool finish_replication(struct hosting_call *call, const struct move *move, struct crossing *crossing,
                               const struct copy_watch *watch)
{
    const struct replication replication = replication_of(move);
    return replication_catch_up(call, &replication, watch) && replication_finish(call, &replication, watch)
        && replication_sums_compare(call, &crossing->ahead, watch, &crossing->sums);
}

static bool copy_whole(struct hosting_call *call, const struct move *move, const char *path,
                       struct table_sums *sums, const struct copy_watch *watch)
{
    struct table_sums found;
    return hosting_dump(call, &move->from, DUMP_TO_LOAD, path, watch, sums)
        && hosting_load(call, &move->to, path, watch)
        && hosting_sum(call, &move->to, &(struct summing){ .watch = watch }, &found)
        && table_sums_compare(sums, &found, call->error);
}

bool crossing_finish(struct work *work, const struct move *move, struct crossing *crossing,
                     const struct copy_watch *watch)
{
    struct hosting_call call = hosting_call_of(work);
    if (is_sqlite(work))
        return log_copy_finish(&call, &crossing->log, watch);
    if (is_replicated(work, move))
        return finish_replication(&call, move, crossing, watch);
    const char *path = path_of(work, move);
    bool copied = copy_whole(&call, move, path, &crossing->sums, watch);
    unlink(path);
    return copied;
}

/* ---- Ended ---- */

void crossing_end(struct crossing *crossing)
{
    replication_sums_end(&crossing->ahead);
    log_copy_end(&crossing->log);
}

bool crossing_clear(struct work *work, const struct move *move)
{
    struct hosting_call call = hosting_call_of(work);
    const struct replication replication = replication_of(move);
    return !is_replicated(work, move) || replication_end(&call, &replication);
}

/* A slot would hold back the source's log. */
void crossing_give_up(struct work *work, const struct move *move)
{
    struct error why = work->error;
    bool cleared = crossing_clear(work, move);
    (void)cleared;
    work->error = why;
}
