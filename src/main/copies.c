/* `nidia tenant backup|export|backups|restore --backup|clone|move …`: copies of a tenant's database, watched
 * until they are there.
 */
#include "main/asked_job.h"
#include "main/many.h"
#include "main/print.h"
#include "main/tenant.h"
#include <stdio.h>
#include <unistd.h>

static const char *const listed[] = { "id",   "kind",      "status",     "completed_at",
                                      "size", "row_count", "expires_at", NULL };
static const char *const shown[] = { "id",     "kind",      "status", "folder",         "file",       "size",
                                     "sha256", "row_count", "error",  "schema_version", "expires_at", NULL };

/* On a terminal, one line that is written over. */
static void tell_progress(struct invocation *invocation, const struct json *job)
{
    int64_t done = 0, total = 0;
    const struct json *steps = json_member(job, TEXT("steps"));
    struct text step = TEXT("queued");
    if (invocation->as_json || !isatty(STDERR_FILENO))
        return;
    for (size_t i = 0; steps && steps->kind == JSON_ARRAY && i < steps->count; i++)
        if (text_is(command_text(&steps->items[i], "status"), "running"))
            step = command_text(&steps->items[i], "name");
    bool is_told = text_to_integer(command_text(job, "progress_done"), &done)
                && text_to_integer(command_text(job, "progress_total"), &total) && total > 0;
    if (is_told)
        fprintf(stderr, "\rnidia: %.*s %3lld %%\033[K", TEXT_ARG(step), (long long)(done * 100 / total));
    else
        fprintf(stderr, "\rnidia: %.*s …\033[K", TEXT_ARG(step));
}

/* Asks for a job, waits for its end, and shows what `shows` leads to; a job that failed says why. */
static int ask_and_watch(struct invocation *invocation, const char *slug, const char *verb, struct text body,
                         void (*show)(struct invocation *invocation, const struct json *job,
                                      const struct reply *reply))
{
    struct reply reply;
    struct json job;
    struct text id;
    if (!asked_job_begin(invocation, tenant_path(invocation, slug, verb), body, &id)
        || !asked_job_follow(invocation, id, tell_progress, &reply, &job))
        return EXIT_FAILED;
    if (asked_job_is_done(&job)) {
        show(invocation, &job, &reply);
        return EXIT_DONE;
    }
    fprintf(stderr, "nidia: %.*s\n", TEXT_ARG(command_text(&job, "error")));
    return EXIT_FAILED;
}

static void show_backup(struct invocation *invocation, const struct json *job, const struct reply *)
{
    struct reply reply;
    struct text id = command_text(json_member(job, TEXT("parameters")), "backup_id");
    struct text path = arena_format(invocation->arena, "/api/v1/tenant_backups/%.*s", TEXT_ARG(id));
    if (command_call(invocation, METHOD_GET, path, (struct text){}, &reply))
        print_record(invocation, &reply, shown);
}

int tenant_back_up(struct invocation *invocation)
{
    bool all = invocation_take_flag(invocation, "--all");
    if (invocation->count != (all ? 0 : 1))
        return invocation_say_usage(invocation);
    if (all)
        return many_back_up(invocation);
    return ask_and_watch(invocation, invocation->arguments[0], "backup", (struct text){}, show_backup);
}

int tenant_export(struct invocation *invocation)
{
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    return ask_and_watch(invocation, invocation->arguments[0], "export", (struct text){}, show_backup);
}

bool tenant_find_id(struct invocation *invocation, const char *slug, struct text *id)
{
    struct reply reply;
    struct json tenant;
    if (!command_read(invocation, tenant_path(invocation, slug, ""), &reply, &tenant))
        return false;
    *id = command_text(&tenant, "id");
    return true;
}

int tenant_list_backups(struct invocation *invocation)
{
    struct text id;
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    if (!tenant_find_id(invocation, invocation->arguments[0], &id))
        return EXIT_FAILED;
    return print_list(invocation,
                      arena_format(invocation->arena,
                                   "/api/v1/tenant_backups?sort=-created_at&tenant_id=%.*s", TEXT_ARG(id)),
                      listed);
}

static const char *const move_shown[] = { "id",        "kind",     "status",    "method",
                                          "from_name", "to_name",  "row_count", "read_only_ms",
                                          "error",     "drops_at", NULL };

/* The latest, which is the one that was asked for: there is one at a time. */
static void show_move(struct invocation *invocation, const struct json *job, const struct reply *)
{
    struct reply reply;
    struct text id = command_text(json_member(job, TEXT("parameters")), "move_id");
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
        return invocation_say_usage(invocation);
    if (back)
        return ask_and_watch(invocation, invocation->arguments[0], "move_back", (struct text){}, show_move);
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "host", text_from(host));
    if (seconds)
        buffer_print(&body, ",\"allow_read_only_seconds\":%lld", (long long)allowed);
    buffer_add_byte(&body, '}');
    return ask_and_watch(invocation, invocation->arguments[0], "move", body.text, show_move);
}

bool tenant_find_newest(struct invocation *invocation, struct text id, const char *kind,
                        struct text *backup_id)
{
    struct reply reply;
    struct json page;
    struct text target = arena_format(invocation->arena,
                                      "/api/v1/tenant_backups?limit=1&sort=-completed_at&kind=%s"
                                      "&status=completed&tenant_id=%.*s",
                                      kind, TEXT_ARG(id));
    if (!command_read(invocation, target, &reply, &page))
        return false;
    const struct json *rows = json_member(&page, TEXT("data"));
    if (rows && rows->count > 0) {
        *backup_id = command_text(&rows->items[0], "id");
        return true;
    }
    fprintf(stderr, "nidia: the tenant has no %s\n", kind);
    return false;
}

struct text tenant_restore_order(struct invocation *invocation, struct text backup_id, const char *host)
{
    struct buffer body = { .arena = invocation->arena };
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "backup_id", backup_id);
    if (host)
        json_add_named_text(&body, "host", text_from(host));
    buffer_add_byte(&body, '}');
    return body.text;
}

int tenant_restore_backup(struct invocation *invocation, const char *backup)
{
    const char *host = invocation_take(invocation, "--host");
    struct text id, backup_id = text_from(backup);
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    if (text_is(backup_id, "newest")
        && (!tenant_find_id(invocation, invocation->arguments[0], &id)
            || !tenant_find_newest(invocation, id, "backup", &backup_id)))
        return EXIT_FAILED;
    return ask_and_watch(invocation, invocation->arguments[0], "restore_backup",
                         tenant_restore_order(invocation, backup_id, host), show_move);
}

int tenant_clone(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    const char *contact = invocation_take(invocation, "--contact");
    struct reply reply;
    if (invocation->count != 4)
        return invocation_say_usage(invocation);
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
