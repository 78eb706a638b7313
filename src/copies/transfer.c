/*
 * Moving a tenant's database to another host. Nothing is written in the old one from the freeze on; then both
 * sides are compared, table by table, before the switch. What fails before the switch leaves the tenant where
 * it was, at work.
 */
#include "copies/transfer.h"
#include "base/clock.h"
#include "copies/copying_job.h"
#include "copies/move.h"
#include "copies/move_watch.h"
#include "hosting/replication.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/options.h"
#include <unistd.h>

enum { ATTEMPTS_MAX = 3, READ_ONLY_SECONDS = 2 };

/* Of dumping, loading and comparing, measured on two cores and rounded down. */
static const int64_t bytes_a_second[ENGINE_COUNT] = {
    [ENGINE_SQLITE] = 30 * INT64_C(1'000'000),
    [ENGINE_POSTGRES] = 15 * INT64_C(1'000'000),
};

/* ---- Asked for ---- */

bool transfer_ask(struct work *work, struct text tenant_id, const struct move_order *order,
                  struct text *job_id)
{
    const struct move_request request = {
        .kind = choice_value(tenant_move_kind, move),
        .method = choice_value(tenant_move_method, dump),
        .host = order->host.text,
        .read_only_allowed_s = value_is_set(order->allow_read_only_seconds)
                                 ? order->allow_read_only_seconds
                                 : value_integer(READ_ONLY_SECONDS),
    };
    return move_ask(work, tenant_id, &request, &move_tenant_program, job_id);
}

bool transfer_ask_back(struct work *work, struct text tenant_id, struct text *job_id)
{
    static const char latest[] = "SELECT from_host_id, read_only_allowed_s FROM tenant_moves WHERE "
                                 "tenant_id = $1 AND kind = 'move' AND status = 'completed' "
                                 "ORDER BY completed_at DESC LIMIT 1";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, latest, PARAMETERS(value_text(tenant_id))))
        return false;
    if (result.row_count == 0)
        return fail(&work->error, ERROR_conflict, "no old database is kept");
    const struct move_order order = { .host = result.cells[0], .allow_read_only_seconds = result.cells[1] };
    return transfer_ask(work, tenant_id, &order, job_id);
}

/* ---- Done ---- */

/* Says why before anything is changed. */
static bool refuse_long(struct work *work, const struct move *move, const char *why_not_replicated)
{
    struct hosting_call call = hosting_call_of(work);
    int64_t bytes;
    if (!hosting_weigh(&call, &move->from, &bytes))
        return false;
    int64_t seconds = bytes / bytes_a_second[hosting_engine(work->site->hosting)];
    return seconds < cell_integer(move->row.read_only_allowed_s)
        || fail(&work->error, ERROR_conflict,
                "it cannot be replicated (%s), and its %lld MB are copied in about %lld s, in which nothing "
                "could "
                "be written; allow_read_only_seconds permits that",
                why_not_replicated, (long long)(bytes / 1'000'000), (long long)seconds + 1);
}

static struct replication replication_of(const struct move *move)
{
    return (struct replication){ &move->from, &move->to };
}

static bool is_replicated(const struct move *move)
{
    return is_choice(move->row.method, tenant_move_method, replication);
}

static bool choose(struct work *work, const struct job *job)
{
    struct hosting_call call = hosting_call_of(work);
    struct move move;
    bool possible;
    const char *why;
    if (!move_find(work, job, &move))
        return false;
    const struct replication replication = replication_of(&move);
    if (move_is_switched(&move))
        return true;
    if (!replication_is_possible(&call, &replication, &possible, &why))
        return false;
    return possible ? move_set_method(work, &move, tenant_move_method_replication)
                    : refuse_long(work, &move, why);
}

static const char *path_of(struct work *work, const struct move *move)
{
    return arena_format(work->arena, "%s/move-%.*s.part", option_string(work->site->options, OPTION_data),
                        TEXT_ARG(move->row.to_name.text))
        .data;
}

static bool copy(struct work *work, struct move *move, const struct copy_watch *watch, const char *path,
                 struct table_sums *sums)
{
    struct hosting_call call = hosting_call_of(work);
    struct table_sums found;
    return hosting_dump(&call, &move->from, DUMP_TO_LOAD, path, watch, sums)
        && hosting_load(&call, &move->to, path, watch)
        && hosting_sum(&call, &move->to, &(struct summing){ .watch = watch }, &found)
        && table_sums_compare(sums, &found, &work->error);
}

/* What nobody will go on from leaves no slot, which would hold back the source's log. Where that cannot be
 * done now, it is when the place is dropped. */
static void give_up_replication(struct work *work, const struct move *move)
{
    struct error why = work->error;
    struct hosting_call call = hosting_call_of(work);
    const struct replication replication = replication_of(move);
    bool ended = replication_end(&call, &replication);
    (void)ended;
    work->error = why;
}

/* The tenant goes on writing, until nearly all of it has followed. */
static bool follow(struct work *work, const struct job *job)
{
    struct hosting_call call = hosting_call_of(work);
    struct move_watch watching;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    struct move move;
    if (!move_find(work, job, &move))
        return false;
    const struct replication replication = replication_of(&move);
    const char *path = path_of(work, &move);
    if (move_is_switched(&move) || !is_replicated(&move))
        return true;
    bool followed =
        replication_begin(&call, &replication, path) && replication_catch_up(&call, &replication, &watch);
    unlink(path);
    if (!followed)
        give_up_replication(work, &move); /* the next attempt begins anew */
    return followed || move_fail(work, job);
}

static int64_t seconds_allowed(const struct move *move)
{
    int64_t allowed = cell_integer(move->row.read_only_allowed_s);
    return allowed > READ_ONLY_SECONDS ? allowed : READ_ONLY_SECONDS;
}

/* How long the tenant may be read-only, from the freeze on: longer than that, it is opened again. */
struct window {
    int64_t until_us;
    const struct copy_watch *watch; /* of the job; NULL where several threads ask */
};

static bool is_over(const struct window *window)
{
    return clock_monotonic_us() >= window->until_us;
}

static bool is_open(void *context, int64_t done, int64_t total)
{
    const struct window *window = context;
    return !is_over(window) && copy_watch_goes_on(window->watch, done, total);
}

/* What can be done while the tenant is at work, so that it is read-only for the less. */
static bool prepare(struct work *work, const struct job *job, struct move *move,
                    struct replication_sums *ahead)
{
    struct hosting_call call = hosting_call_of(work);
    struct move_watch watching;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    const struct replication replication = replication_of(move);
    return !is_replicated(move)
        || (replication_check_schema(&call, &replication)
            && replication_sums_begin(&call, &replication, &watch, ahead)
            && replication_come_near(&call, &replication, seconds_allowed(move) * 1'000 / 2, &watch));
}

static bool finish_replication(struct work *work, const struct move *move, const struct copy_watch *watch,
                               const struct replication_sums *ahead, struct table_sums *sums)
{
    struct hosting_call call = hosting_call_of(work);
    const struct replication replication = replication_of(move);
    return replication_catch_up(&call, &replication, watch) && replication_finish(&call, &replication, watch)
        && replication_sums_compare(&call, ahead, watch, sums);
}

static bool bring_over(struct work *work, struct move *move, const struct copy_watch *watch,
                       const struct replication_sums *ahead, struct table_sums *sums)
{
    if (is_replicated(move))
        return finish_replication(work, move, watch, ahead, sums);
    const char *path = path_of(work, move);
    bool copied = copy(work, move, watch, path, sums);
    unlink(path);
    return copied;
}

/* The tenant waits: what is not done in time is given up, for this time. */
static bool switch_in_time(struct work *work, struct move *move, const struct window *window,
                           const struct replication_sums *ahead)
{
    const struct copy_watch watch = { is_open, (void *)window, window->until_us };
    struct table_sums sums = {};
    if (move_freeze(work, move, window->until_us) && bring_over(work, move, &watch, ahead, &sums)
        && move_switch(work, move, &sums, window->until_us))
        return true;
    if (!is_over(window) || move_is_switched(move) || work->error.code == ERROR_outcome_unknown)
        return false;
    return fail(
        &work->error, ERROR_conflict,
        "it was not brought over within %lld s, and is open again; allow_read_only_seconds permits more",
        (long long)seconds_allowed(move));
}

/* What it has read ahead holds a lock on each table: it ends here, before anything of a failure is undone. */
static bool bring_over_and_switch(struct work *work, const struct job *job, struct move *move)
{
    [[gnu::cleanup(replication_sums_end)]] struct replication_sums ahead = {};
    struct move_watch watching;
    if (!prepare(work, job, move, &ahead))
        return false;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    struct window window = { clock_monotonic_us() + seconds_allowed(move) * INT64_C(1'000'000),
                             is_replicated(move) ? NULL : &watch };
    return switch_in_time(work, move, &window, &ahead);
}

static bool switch_over(struct work *work, const struct job *job)
{
    struct move move;
    if (!move_find(work, job, &move))
        return false;
    if (move_is_switched(&move))
        return move_switch(work, &move, &(struct table_sums){}, 0);
    if (cell_integer(job->attempts) > 1)
        move_thaw(work, &move); /* an attempt that was killed could not */
    if (bring_over_and_switch(work, job, &move))
        return true;
    move_thaw(work, &move);
    (void)move_fail(work, job);
    bool is_over = work->error.code == ERROR_gone_meanwhile || cell_integer(job->attempts) >= ATTEMPTS_MAX;
    if (is_replicated(&move) && is_over)
        give_up_replication(work, &move);
    return false;
}

static bool tidy(struct work *work, const struct job *job)
{
    struct hosting_call call = hosting_call_of(work);
    struct move move;
    if (!move_find(work, job, &move))
        return false;
    const struct replication replication = replication_of(&move);
    return !is_replicated(&move) || replication_end(&call, &replication);
}

const struct job_program move_tenant_program = {
    .kind = job_kind_move_tenant,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "choose", choose }, { "copy", follow }, { "switch", switch_over }, { "tidy", tidy } },
    .failed = move_record_failure,
};
