/*
 * Moving a tenant's database to another host. Nothing is written in the old one from the freeze on, and the
 * new one is the tenant's only once it holds the same (copies/crossing.h). What fails before the switch
 * leaves the tenant where it was, at work.
 */
#include "copies/transfer.h"
#include "base/clock.h"
#include "copies/copying_job.h"
#include "copies/crossing.h"
#include "copies/move.h"
#include "copies/move_watch.h"
#include "record/site.h"
#include "record/store.h"

enum { ATTEMPTS_MAX = 3, READ_ONLY_SECONDS = 2 };

/* Of dumping, loading and comparing on PostgreSQL, measured on two cores and rounded down. */
static const int64_t bytes_a_second = 15 * INT64_C(1'000'000);

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
    int64_t seconds = bytes / bytes_a_second;
    return seconds < cell_integer(move->row.read_only_allowed_s)
        || fail(&work->error, ERROR_conflict,
                "it cannot be replicated (%s), and its %lld MB are copied in about %lld s, in which nothing "
                "could be written; allow_read_only_seconds permits that",
                why_not_replicated, (long long)(bytes / 1'000'000), (long long)seconds + 1);
}

static bool choose(struct work *work, const struct job *job)
{
    struct move move;
    bool followed;
    const char *why;
    if (!move_find(work, job, &move))
        return false;
    if (move_is_switched(&move))
        return true;
    if (!crossing_is_followed(work, &move, &followed, &why))
        return false;
    return followed ? move_set_method(work, &move, tenant_move_method_replication)
                    : refuse_long(work, &move, why);
}

/* The tenant goes on writing, until nearly all of it has followed. */
static bool follow(struct work *work, const struct job *job)
{
    struct move_watch watching;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    struct move move;
    if (!move_find(work, job, &move))
        return false;
    if (move_is_switched(&move) || crossing_begin(work, &move, &watch))
        return true;
    crossing_give_up(work, &move); /* the next attempt begins anew */
    return move_fail(work, job);
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

/* The tenant waits: what is not done in time is given up, for this time. */
static bool switch_in_time(struct work *work, struct move *move, const struct window *window,
                           struct crossing *crossing)
{
    const struct copy_watch watch = { is_open, (void *)window, window->until_us };
    if (move_freeze(work, move, window->until_us) && crossing_finish(work, move, crossing, &watch)
        && move_switch(work, move, &crossing->sums, window->until_us))
        return true;
    if (!is_over(window) || move_is_switched(move) || work->error.code == ERROR_outcome_unknown)
        return false;
    return fail(
        &work->error, ERROR_conflict,
        "it was not brought over within %lld s, and is open again; allow_read_only_seconds permits more",
        (long long)seconds_allowed(move));
}

/* What keeps others waiting ends here, before anything of a failure is undone. */
static bool bring_over_and_switch(struct work *work, const struct job *job, struct move *move)
{
    [[gnu::cleanup(crossing_end)]] struct crossing crossing = CROSSING_NONE;
    struct move_watch watching;
    const struct copy_watch watch = move_watch_begin(&watching, work, job);
    if (!crossing_come_near(work, move, &crossing, seconds_allowed(move) * 1'000 / 2, &watch))
        return false;
    bool is_followed = is_choice(move->row.method, tenant_move_method, replication);
    struct window window = { clock_monotonic_us() + seconds_allowed(move) * INT64_C(1'000'000),
                             is_followed ? NULL : &watch };
    return switch_in_time(work, move, &window, &crossing);
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
    if (is_over)
        crossing_give_up(work, &move);
    return false;
}

static bool tidy(struct work *work, const struct job *job)
{
    struct move move;
    return move_find(work, job, &move) && crossing_clear(work, &move);
}

const struct job_program move_tenant_program = {
    .kind = job_kind_move_tenant,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "choose", choose }, { "copy", follow }, { "switch", switch_over }, { "tidy", tidy } },
    .failed = move_record_failure,
};
