/* `nidia tenant backup|export|backups|clone …`: copies of a tenant's database, watched until they are there.
 */
#include "base/clock.h"
#include "main/print.h"
#include "main/tenant.h"
#include "json/json.h"
#include <stdio.h>
#include <unistd.h>

enum { POLL_MS = 100 };

static const char *const listed[] = { "id",   "kind",      "status",     "completed_at",
                                      "size", "row_count", "expires_at", NULL };
static const char *const shown[] = { "id",     "kind",      "status", "folder",         "file",       "size",
                                     "sha256", "row_count", "error",  "schema_version", "expires_at", NULL };

static struct text member(const struct json *object, const char *name)
{
    const struct json *found = json_member(object, text_from(name));
    return found && (found->kind == JSON_TEXT || found->kind == JSON_NUMBER) ? found->text : TEXT("");
}

/* On a terminal, one line that is written over. */
static void tell_progress(struct invocation *invocation, const struct json *job)
{
    int64_t done = 0, total = 0;
    const struct json *steps = json_member(job, TEXT("steps"));
    struct text step = TEXT("queued");
    if (invocation->as_json || !isatty(STDERR_FILENO))
        return;
    for (size_t i = 0; steps && steps->kind == JSON_ARRAY && i < steps->count; i++)
        if (text_is(member(&steps->items[i], "status"), "running"))
            step = member(&steps->items[i], "name");
    bool is_told = text_to_integer(member(job, "progress_done"), &done)
                && text_to_integer(member(job, "progress_total"), &total) && total > 0;
    if (is_told)
        fprintf(stderr, "\rnidia: %.*s %3lld %%\033[K", TEXT_ARG(step), (long long)(done * 100 / total));
    else
        fprintf(stderr, "\rnidia: %.*s …\033[K", TEXT_ARG(step));
}

static bool is_over(struct text status)
{
    return text_is(status, "completed") || text_is(status, "failed") || text_is(status, "rolled_back");
}

/* Until the job is over; leaves it. */
static bool watch(struct invocation *invocation, struct text job_id, struct reply *reply, struct json *job)
{
    struct error error = {};
    struct text path = arena_format(invocation->arena, "/api/v1/jobs/%.*s", TEXT_ARG(job_id));
    for (;; clock_sleep_ms(POLL_MS)) {
        if (!command_call(invocation, METHOD_GET, path, (struct text){}, reply)
            || !json_read(reply->body, invocation->arena, job, &error))
            return false;
        if (is_over(member(job, "status")))
            break;
        tell_progress(invocation, job);
    }
    if (!invocation->as_json && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return true;
}

/* Asks for a job, waits for its end, and shows what `shows` leads to; a job that failed says why. */
static int ask_and_watch(struct invocation *invocation, const char *slug, const char *verb, struct text body,
                         void (*show)(struct invocation *invocation, const struct json *job,
                                      const struct reply *reply))
{
    struct reply reply;
    struct json job;
    struct error error = {};
    if (!command_call(invocation, METHOD_POST, tenant_path(invocation, slug, verb), body, &reply)
        || !json_read(reply.body, invocation->arena, &job, &error)
        || !watch(invocation, member(&job, "id"), &reply, &job))
        return EXIT_FAILED;
    if (text_is(member(&job, "status"), "completed")) {
        show(invocation, &job, &reply);
        return EXIT_DONE;
    }
    fprintf(stderr, "nidia: %.*s\n", TEXT_ARG(member(&job, "error")));
    return EXIT_FAILED;
}

static void show_backup(struct invocation *invocation, const struct json *job, const struct reply *)
{
    struct reply reply;
    struct text id = member(json_member(job, TEXT("parameters")), "backup_id");
    struct text path = arena_format(invocation->arena, "/api/v1/tenant_backups/%.*s", TEXT_ARG(id));
    if (command_call(invocation, METHOD_GET, path, (struct text){}, &reply))
        print_record(invocation, &reply, shown);
}

int tenant_back_up(struct invocation *invocation)
{
    if (invocation->count != 1)
        return invocation_misused(invocation, "tenant backup SLUG|ID");
    return ask_and_watch(invocation, invocation->arguments[0], "backup", (struct text){}, show_backup);
}

int tenant_export(struct invocation *invocation)
{
    if (invocation->count != 1)
        return invocation_misused(invocation, "tenant export SLUG|ID");
    return ask_and_watch(invocation, invocation->arguments[0], "export", (struct text){}, show_backup);
}

static bool find_id(struct invocation *invocation, const char *slug, struct text *id)
{
    struct reply reply;
    struct json tenant;
    struct error error = {};
    if (!command_call(invocation, METHOD_GET, tenant_path(invocation, slug, ""), (struct text){}, &reply)
        || !json_read(reply.body, invocation->arena, &tenant, &error))
        return false;
    *id = member(&tenant, "id");
    return true;
}

int tenant_list_backups(struct invocation *invocation)
{
    struct reply reply;
    struct text id;
    if (invocation->count != 1)
        return invocation_misused(invocation, "tenant backups SLUG|ID");
    if (!find_id(invocation, invocation->arguments[0], &id)
        || !command_call(invocation, METHOD_GET,
                         arena_format(invocation->arena,
                                      "/api/v1/tenant_backups?limit=100&sort=-created_at&tenant_id=%.*s",
                                      TEXT_ARG(id)),
                         (struct text){}, &reply))
        return EXIT_FAILED;
    print_rows(invocation, &reply, listed);
    return EXIT_DONE;
}

int tenant_clone(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    const char *contact = invocation_take(invocation, "--contact");
    struct reply reply;
    if (invocation->count != 4)
        return invocation_misused(invocation,
                                  "tenant clone SLUG|ID NEW_SLUG NAME BILLING_EMAIL [--contact EMAIL]");
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "slug", text_from(invocation->arguments[1]));
    json_add_named_text(&body, "name", text_from(invocation->arguments[2]));
    json_add_named_text(&body, "billing_email", text_from(invocation->arguments[3]));
    if (contact)
        json_add_named_text(&body, "primary_contact_email", text_from(contact));
    buffer_add_byte(&body, '}');
    if (!command_call(invocation, METHOD_POST, tenant_path(invocation, invocation->arguments[0], "clone"),
                      body.text, &reply))
        return EXIT_FAILED;
    return tenant_wait_for_database(invocation, invocation->arguments[1]);
}
