#include "copies/move_watch.h"
#include "copies/move.h"
#include "record/site.h"

/* As often as it tells. That it cannot be asked is no reason to end the copy. */
static bool goes_on(void *context, int64_t done, int64_t total)
{
    static const char to_go[] = "SELECT 1 FROM tenants WHERE id = $1 AND deletes_at <= $2";
    struct move_watch *watch = context;
    struct work *work = watch->job.work;
    int64_t told_us = watch->job.told_us;
    struct result result;
    if (!copy_watch_goes_on(&watch->telling, done, total))
        return false;
    if (watch->job.told_us == told_us)
        return true;
    if (db_run(work->db, work->arena, &result, &work->error, to_go,
               PARAMETERS(watch->job.job->tenant_id, value_time(work->site->now(work->site)))))
        return result.row_count == 0;
    error_clear(&work->error);
    return true;
}

struct copy_watch move_watch_begin(struct move_watch *watch, struct work *work, const struct job *job)
{
    watch->telling = job_watch_begin(&watch->job, work, job);
    return (struct copy_watch){ .tick = goes_on, .context = watch };
}

bool move_fail(struct work *work, const struct job *job)
{
    struct error why = work->error;
    struct move move;
    error_clear(&work->error);
    work->now = work->site->now(work->site);
    if (move_find(work, job, &move) || work->error.code != ERROR_gone_meanwhile)
        work->error = why;
    return false;
}
