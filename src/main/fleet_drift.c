/* `nidia fleet drift`: what somebody changed in the tenants' databases beside the files. */
#include "base/clock.h"
#include "main/fleet.h"
#include "main/pages.h"
#include "main/print.h"
#include "main/tenant.h"
#include <stdio.h>
#include <unistd.h>

/* Which entries of the ledger differ: everybody's, or one tenant's. */
static bool find_target(struct invocation *invocation, const char *slug, struct text *target)
{
    struct text id;
    *target = TEXT("/api/v1/tenant_schemas?drifted=true");
    if (!slug)
        return true;
    if (!tenant_find_id(invocation, slug, &id))
        return false;
    *target = arena_format(invocation->arena, "%.*s&tenant_id=%.*s", TEXT_ARG(*target), TEXT_ARG(id));
    return true;
}

struct drifted {
    struct invocation *invocation;
    size_t count;
};

static void print_entries(void *context, const struct json *rows)
{
    struct drifted *drifted = context;
    for (size_t i = 0; i < rows->count; i++) {
        printf("%.*s\n", TEXT_ARG(fleet_slug_of(drifted->invocation, &rows->items[i])));
        const struct json *lines = json_member(&rows->items[i], TEXT("drift"));
        for (size_t at = 0; lines && at < lines->count; at++)
            printf("    %.*s\n", TEXT_ARG(lines->items[at].text));
    }
    drifted->count += rows->count;
}

static int print_drift(struct invocation *invocation, const char *slug)
{
    struct drifted drifted = { .invocation = invocation };
    struct text target;
    if (!find_target(invocation, slug, &target)
        || !(invocation->as_json ? print_all(invocation, target, NULL, &drifted.count)
                                 : pages_read(invocation, target, print_entries, &drifted)))
        return EXIT_FAILED;
    if (drifted.count == 0 && !invocation->as_json)
        puts("No database differs from its files.");
    return drifted.count == 0 ? EXIT_DONE : EXIT_FAILED;
}

static bool is_open(const struct json *job)
{
    struct text status = command_text(job, "status");
    return text_is(status, "queued") || text_is(status, "running");
}

static bool wait_for_job(struct invocation *invocation, struct json *job)
{
    struct reply reply;
    struct text target =
        arena_format(invocation->arena, "/api/v1/jobs/%.*s", TEXT_ARG(command_text(job, "id")));
    while (is_open(job)) {
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[K%.*s of %.*s looked at", TEXT_ARG(command_text(job, "progress_done")),
                    TEXT_ARG(command_text(job, "progress_total")));
        clock_sleep_ms(FLEET_LOOK_MS);
        if (!command_read(invocation, target, &reply, job))
            return false;
    }
    fleet_end_progress();
    if (text_is(command_text(job, "status"), "completed"))
        return true;
    fprintf(stderr, "nidia: %.*s\n", TEXT_ARG(command_text(job, "error")));
    return false;
}

int fleet_drift(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    struct reply reply;
    struct json job;
    struct error error = {};
    const char *slug = invocation_take(invocation, "--tenant");
    if (invocation->count > 0)
        return invocation_say_usage(invocation);
    buffer_add_byte(&body, '{');
    if (slug)
        json_add_named_text(&body, "tenant", text_from(slug));
    buffer_add_byte(&body, '}');
    if (!command_call(invocation, METHOD_POST, TEXT("/api/v1/fleet/drift"), body.text, &reply))
        return EXIT_FAILED;
    if (!json_read(reply.body, invocation->arena, &job, &error))
        return invocation_failed(invocation, &error);
    return wait_for_job(invocation, &job) ? print_drift(invocation, slug) : EXIT_FAILED;
}
