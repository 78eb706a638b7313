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

static bool copy(struct work *work, const struct job *job, struct move *move, const char *path,
                 struct table_sums *sums)
{
    struct hosting_call call = hosting_call_of(work);
    struct move_watch watching;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    struct table_sums found;
    return hosting_dump(&call, &move->from, DUMP_TO_LOAD, path, &watch, sums)
        && hosting_load(&call, &move->to, path, &watch)
        && hosting_sum(&call, &move->to, &(struct summing){ .watch = &watch }, &found)
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

/* How long the tenant may be read-only, from the freeze on: longer than that, it is opened again. */
struct window {
    int64_t seconds, until_us;
};

static struct window window_of(const struct move *move)
{
    int64_t allowed = cell_integer(move->row.read_only_allowed_s);
    int64_t seconds = allowed > READ_ONLY_SECONDS ? allowed : READ_ONLY_SECONDS;
    return (struct window){ seconds, clock_monotonic_us() + seconds * INT64_C(1'000'000) };
}

static bool is_open(void *context, int64_t, int64_t)
{
    const struct window *window = context;
    return clock_monotonic_us() < window->until_us;
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
        || (replication_sums_begin(&call, &replication, &watch, ahead)
            && replication_come_near(&call, &replication, window_of(move).seconds * 1'000 / 2, &watch));
}

/* The tenant waits: what is not done in time is given up, for this time. */
static bool finish_replication(struct work *work, const struct move *move,
                               const struct replication_sums *ahead, struct table_sums *sums)
{
    struct hosting_call call = hosting_call_of(work);
    const struct replication replication = replication_of(move);
    struct window window = window_of(move);
    const struct copy_watch watch = { is_open, &window };
    bool finished = replication_catch_up(&call, &replication, &watch)
                 && replication_finish(&call, &replication)
                 && replication_sums_compare(&call, ahead, &watch, sums);
    if (finished || is_open(&window, 0, 0))
        return finished;
    return fail(
        &work->error, ERROR_conflict,
        "it was not brought over within %lld s, and is open again; allow_read_only_seconds permits more",
        (long long)window.seconds);
}

static bool bring_over(struct work *work, const struct job *job, struct move *move,
                       const struct replication_sums *ahead, struct table_sums *sums)
{
    if (is_replicated(move))
        return finish_replication(work, move, ahead, sums);
    const char *path = path_of(work, move);
    bool copied = copy(work, job, move, path, sums);
    unlink(path);
    return copied;
}

/* What it has read ahead holds a lock on each table: it ends here, before anything of a failure is undone. */
static bool bring_over_and_switch(struct work *work, const struct job *job, struct move *move)
{
    [[gnu::cleanup(replication_sums_end)]] struct replication_sums ahead = {};
    struct table_sums sums = {};
    return prepare(work, job, move, &ahead) && move_freeze(work, move)
        && bring_over(work, job, move, &ahead, &sums) && move_switch(work, move, &sums);
}

static bool switch_over(struct work *work, const struct job *job)
{
    struct move move;
    if (!move_find(work, job, &move))
        return false;
    if (move_is_switched(&move))
        return move_switch(work, &move, &(struct table_sums){});
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
