/* `nidia fleet drift`: what somebody changed in the tenants' databases beside the files. */
#include "base/clock.h"
#include "main/fleet.h"
#include <stdio.h>
#include <unistd.h>

enum { SHOWN_MAX = 100 };

/* The ledger of all who differ, or of the one that was asked for. */
static bool find_entries(struct invocation *invocation, const char *slug, struct reply *reply,
                         struct json *json)
{
    struct text whose = TEXT("");
    if (slug) {
        struct text target = arena_format(invocation->arena, "/api/v1/tenants/%s?fields=id", slug);
        if (!command_read(invocation, target, reply, json))
            return false;
        whose = arena_format(invocation->arena, "&tenant_id=%.*s", TEXT_ARG(command_text(json, "id")));
    }
    struct text target = arena_format(invocation->arena, "/api/v1/tenant_schemas?drifted=true&limit=%d%.*s",
                                      SHOWN_MAX, TEXT_ARG(whose));
    return command_read(invocation, target, reply, json);
}

static int print_drift(struct invocation *invocation, const char *slug)
{
    struct reply reply;
    struct json json;
    if (!find_entries(invocation, slug, &reply, &json))
        return EXIT_FAILED;
    const struct json *rows = json_member(&json, TEXT("data"));
    if (invocation->as_json)
        printf("%.*s\n", TEXT_ARG(reply.body));
    else if (rows && rows->count == 0)
        puts("No database differs from its files.");
    for (size_t i = 0; !invocation->as_json && rows && i < rows->count; i++) {
        printf("%.*s\n", TEXT_ARG(fleet_slug_of(invocation, &rows->items[i])));
        const struct json *lines = json_member(&rows->items[i], TEXT("drift"));
        for (size_t at = 0; lines && at < lines->count; at++)
            printf("    %.*s\n", TEXT_ARG(lines->items[at].text));
    }
    return rows && rows->count == 0 ? EXIT_DONE : EXIT_FAILED;
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
        return invocation_misused(invocation, "fleet drift [--tenant SLUG]");
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
