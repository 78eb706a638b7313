/* `nidia tenant backup|export|backups|restore --backup|clone|move …`: copies of a tenant's database, watched
 * until they are there.
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

static const char *const move_shown[] = { "id",        "kind",     "status",    "method",
                                          "from_name", "to_name",  "row_count", "read_only_ms",
                                          "error",     "drops_at", NULL };

/* The latest, which is the one that was asked for: there is one at a time. */
static void show_move(struct invocation *invocation, const struct json *job, const struct reply *)
{
    struct reply reply;
    struct text id = member(json_member(job, TEXT("parameters")), "move_id");
    struct text path = arena_format(invocation->arena, "/api/v1/tenant_moves/%.*s", TEXT_ARG(id));
    if (command_call(invocation, METHOD_GET, path, (struct text){}, &reply))
        print_record(invocation, &reply, move_shown);
}

int tenant_move(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    const char *host = invocation_take(invocation, "--host"),
               *seconds = invocation_take(invocation, "--allow-read-only-seconds");
    bool back = invocation_take_flag(invocation, "--back");
    int64_t allowed = 0;
    if (invocation->count != 1 || back == (host != NULL) || (back && seconds)
        || (seconds && (!text_to_integer(text_from(seconds), &allowed) || allowed < 0)))
        return invocation_misused(invocation,
                                  "tenant move SLUG|ID --host HOST [--allow-read-only-seconds N] | --back");
    if (back)
        return ask_and_watch(invocation, invocation->arguments[0], "move_back", (struct text){}, show_move);
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "host", text_from(host));
    if (seconds)
        buffer_print(&body, ",\"allow_read_only_seconds\":%lld", (long long)allowed);
    buffer_add_byte(&body, '}');
    return ask_and_watch(invocation, invocation->arguments[0], "move", body.text, show_move);
}

static bool find_newest(struct invocation *invocation, const char *slug, struct text *backup_id)
{
    struct reply reply;
    struct json page;
    struct error error = {};
    struct text id;
    if (!find_id(invocation, slug, &id)
        || !command_call(invocation, METHOD_GET,
                         arena_format(invocation->arena,
                                      "/api/v1/tenant_backups?limit=1&sort=-completed_at&kind=backup"
                                      "&status=completed&tenant_id=%.*s",
                                      TEXT_ARG(id)),
                         (struct text){}, &reply)
        || !json_read(reply.body, invocation->arena, &page, &error))
        return false;
    const struct json *rows = json_member(&page, TEXT("data"));
    if (rows && rows->count > 0) {
        *backup_id = member(&rows->items[0], "id");
        return true;
    }
    fprintf(stderr, "nidia: the tenant has no backup\n");
    return false;
}

int tenant_restore_backup(struct invocation *invocation, const char *backup)
{
    struct buffer body = { .arena = invocation->arena };
    const char *host = invocation_take(invocation, "--host");
    struct text backup_id = text_from(backup);
    if (invocation->count != 1)
        return invocation_misused(invocation, "tenant restore SLUG|ID --backup ID|newest [--host HOST]");
    if (text_is(backup_id, "newest") && !find_newest(invocation, invocation->arguments[0], &backup_id))
        return EXIT_FAILED;
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "backup_id", backup_id);
    if (host)
        json_add_named_text(&body, "host", text_from(host));
    buffer_add_byte(&body, '}');
    return ask_and_watch(invocation, invocation->arguments[0], "restore_backup", body.text, show_move);
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
