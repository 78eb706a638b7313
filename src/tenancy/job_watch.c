#include "tenancy/job_watch.h"
#include "base/clock.h"
#include "record/site.h"

enum { TELL_EVERY_US = 1'000'000 };

/* That it could not be written is no reason to end the copy; that the process ends is: another makes it. */
static bool tell(void *context, int64_t done, int64_t total)
{
    struct job_watch *watch = context;
    int64_t now_us = clock_monotonic_us();
    if (atomic_load(&watch->work->site->ending))
        return false;
    if (now_us - watch->told_us < TELL_EVERY_US)
        return true;
    watch->told_us = now_us;
    if (!job_note_progress(watch->work, watch->job, &(struct job_progress){ done, total }))
        error_clear(&watch->work->error);
    return true;
}

struct copy_watch job_watch_begin(struct job_watch *watch, struct work *work, const struct job *job)
{
    *watch = (struct job_watch){ work, job, clock_monotonic_us() };
    return (struct copy_watch){ .tick = tell, .context = watch };
}
