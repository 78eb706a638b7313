#include "main/asked_job.h"
#include "base/clock.h"
#include <stdio.h>
#include <unistd.h>

enum { FIRST_LOOK_MS = 100, LOOK_MS = 1'000 };

bool asked_job_begin(struct invocation *invocation, struct text target, struct text body, struct text *job_id)
{
    struct reply reply;
    struct json job;
    struct error error = {};
    if (!command_call(invocation, METHOD_POST, target, body, &reply))
        return false;
    if (!json_read(reply.body, invocation->arena, &job, &error)) {
        invocation_failed(invocation, &error);
        return false;
    }
    *job_id = command_text(&job, "id");
    return true;
}

static bool is_over(struct text status)
{
    return text_is(status, "completed") || text_is(status, "failed") || text_is(status, "rolled_back");
}

bool asked_job_follow(struct invocation *invocation, struct text job_id,
                      void (*tell)(struct invocation *invocation, const struct json *job),
                      struct reply *reply, struct json *job)
{
    struct text target = arena_format(invocation->arena, "/api/v1/jobs/%.*s", TEXT_ARG(job_id));
    for (int pause = FIRST_LOOK_MS;; pause = pause < LOOK_MS ? pause + pause / 8 : LOOK_MS) {
        if (!command_read(invocation, target, reply, job))
            return false;
        if (is_over(command_text(job, "status")))
            break;
        if (tell)
            tell(invocation, job);
        clock_sleep_ms(pause);
    }
    if (tell && !invocation->as_json && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return true;
}

bool asked_job_is_done(const struct json *job)
{
    return text_is(command_text(job, "status"), "completed");
}
