/* A job that a command asks for, and watches until it is over. */
#pragma once
#include "main/command.h"

/* POST, answered with the job. */
[[nodiscard]] bool asked_job_begin(struct invocation *invocation, struct text target, struct text body,
                                   struct text *job_id);
/* Until it is over; leaves it. `tell` is called at each look; NULL: nobody is told. */
[[nodiscard]] bool asked_job_follow(struct invocation *invocation, struct text job_id,
                                    void (*tell)(struct invocation *invocation, const struct json *job),
                                    struct reply *reply, struct json *job);
bool asked_job_is_done(const struct json *job); /* and not failed */
