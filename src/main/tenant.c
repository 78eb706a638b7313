/* `nidia tenant …`: the API's calls on tenants, from a terminal. */
#include "main/tenant.h"
#include "base/clock.h"
#include "base/percent.h"
#include "main/print.h"
#include "json/json.h"
#include <stdio.h>
#include <unistd.h>

enum { WAIT_MS = 60'000, POLL_MS = 50 };

static const char *const listed[] = {
    "slug",      "name",          "plan_type",  "plan_status", "provisioning_status",
    "is_active", "current_users", "created_at", NULL
};
static const char *const shown[] = {
    "id",
    "slug",
    "name",
    "plan_type",
    "plan_status",
    "service_level",
    "is_active",
    "trial_ends_at",
    "provisioning_status",
    "provisioning_error",
    "db_name",
    "db_host",
    "db_port",
    "db_username",
    "db_connection_pool_size",
    "db_statement_timeout_s",
    "max_users",
    "current_users",
    "max_storage_gb",
    "billing_email",
    "suspension_reason",
    "suspended_at",
    "deletes_at",
    "deleted_at",
    "created_at",
    NULL,
};

struct text tenant_path(struct invocation *invocation, const char *slug, const char *verb)
{
    struct buffer path = { .arena = invocation->arena };
    buffer_add(&path, TEXT("/api/v1/tenants/"));
    percent_encode(&path, text_from(slug));
    buffer_print(&path, "%s%s", *verb ? "/" : "", verb);
    return path.text;
}

static int list(struct invocation *invocation)
{
    return invocation_takes_none(invocation)
             ? print_list(invocation, TEXT("/api/v1/tenants?sort=-created_at"), listed)
             : EXIT_USAGE;
}

static int show(struct invocation *invocation)
{
    struct reply reply;
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    if (!command_call(invocation, METHOD_GET, tenant_path(invocation, invocation->arguments[0], ""),
                      (struct text){}, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, shown);
    return EXIT_DONE;
}

static struct text provisioning_status(struct invocation *invocation, const char *slug, struct reply *reply)
{
    struct json json;
    struct error error = {};
    if (!command_call(invocation, METHOD_GET, tenant_path(invocation, slug, ""), (struct text){}, reply)
        || !json_read(reply->body, invocation->arena, &json, &error))
        return TEXT("failed");
    const struct json *status = json_member(&json, TEXT("provisioning_status"));
    return status && status->kind == JSON_TEXT ? status->text : TEXT("failed");
}

/* Waits until its database is there, or has failed; says on a terminal that it waits. */
int tenant_wait_for_database(struct invocation *invocation, const char *slug)
{
    struct reply reply = {};
    struct text status = {};
    for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += POLL_MS) {
        status = provisioning_status(invocation, slug, &reply);
        if (text_is(status, "completed") || text_is(status, "failed"))
            break;
        if (waited_ms == 1000 && isatty(STDERR_FILENO))
            fputs("nidia: its database is being made …\n", stderr);
        clock_sleep_ms(POLL_MS);
    }
    print_record(invocation, &reply, shown);
    return text_is(status, "completed") ? EXIT_DONE : EXIT_FAILED;
}

static void add_given(struct buffer *json, const char *name, const char *value)
{
    if (value)
        json_add_named_text(json, name, text_from(value));
}

static int create(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    const char *plan = invocation_take(invocation, "--plan"),
               *contact = invocation_take(invocation, "--contact");
    if (invocation->count != 3)
        return invocation_say_usage(invocation);
    const char *slug = invocation->arguments[0];
    buffer_add_byte(&body, '{');
    add_given(&body, "slug", slug);
    add_given(&body, "name", invocation->arguments[1]);
    add_given(&body, "billing_email", invocation->arguments[2]);
    add_given(&body, "plan_type", plan ? plan : "free");
    add_given(&body, "primary_contact_email", contact);
    buffer_add_byte(&body, '}');
    struct reply reply;
    if (!command_call(invocation, METHOD_POST, TEXT("/api/v1/tenants"), body.text, &reply))
        return EXIT_FAILED;
    return tenant_wait_for_database(invocation, slug);
}

static const char *const job_shown[] = { "id",    "kind",   "status",     "attempts", "attempts_max",
                                         "error", "run_at", "created_at", NULL };

/* How `act` takes its step: method, path's last part, is a reason wanted, a time; and what is shown then. */
struct action {
    enum method method;
    const char *path;
    bool reason, at;
    const char *const *shown;
};

static int act(struct invocation *invocation)
{
    const struct action *action = invocation->verb->how;
    const char *reason = action->reason ? invocation_take(invocation, "--reason") : NULL;
    const char *at = action->at ? invocation_take(invocation, "--at") : NULL;
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 1 || (action->reason && !reason))
        return invocation_say_usage(invocation);
    if (action->reason) {
        buffer_add_byte(&body, '{');
        add_given(&body, "reason", reason);
        add_given(&body, "at", action->at ? (at ? at : "now") : NULL);
        buffer_add_byte(&body, '}');
    }
    struct reply reply;
    if (!command_call(invocation, action->method,
                      tenant_path(invocation, invocation->arguments[0], action->path), body.text, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, action->shown);
    return EXIT_DONE;
}

/* Without --backup, what is restored is the tenant, from its deletion. */
static int tenant_restore(struct invocation *invocation)
{
    const char *backup = invocation_take(invocation, "--backup");
    return backup ? tenant_restore_backup(invocation, backup) : act(invocation);
}

static const struct action suspend = { METHOD_POST, "suspend", true, false, shown };
static const struct action reactivate = { METHOD_POST, "reactivate", true, false, shown };
static const struct action cancel = { METHOD_POST, "cancel", true, true, shown };
static const struct action delete = { METHOD_DELETE, "", false, false, shown };
static const struct action undelete = { METHOD_POST, "restore", false, false, shown };
static const struct action retry = { METHOD_POST, "retry_provisioning", false, false, job_shown };
static const struct action roll_back = { METHOD_POST, "rollback_provisioning", false, false, job_shown };

/* clang-format off */
const struct verb tenant_verbs[] = {
    { "list", "", "Lists them, the newest first.", list },
    { "show", "SLUG|ID", "Shows one.", show },
    { "create", "SLUG NAME BILLING_EMAIL [--plan free] [--contact EMAIL]",
      "Makes one with its database; --contact becomes its administrator, else who is billed.", create },
    { "suspend", "SLUG|ID --reason TEXT", "Shuts it out until it is reactivated.", act, &suspend },
    { "reactivate", "SLUG|ID --reason TEXT", "Takes back a suspension or a cancellation.", act, &reactivate },
    { "cancel", "SLUG|ID --reason TEXT [--at now|period_end]", "Ends its subscription, now unless told otherwise.", act, &cancel },
    { "delete", "SLUG|ID", "Shuts it out, and drops its database when the days of grace are over.", act, &delete },
    { "restore", "SLUG|ID [--backup ID|newest [--host HOST]]", "Takes back a deletion; with --backup, its database becomes what that holds.", tenant_restore, &undelete },
    { "retry", "SLUG|ID", "Goes on making what could not be made.", act, &retry },
    { "rollback", "SLUG|ID", "Drops what was made of a database that could not be.", act, &roll_back },
    { "backup", "SLUG|ID | --all", "Backs up its database, or everybody's.", tenant_back_up },
    { "backups", "SLUG|ID", "Lists its backups and exports.", tenant_list_backups },
    { "export", "SLUG|ID", "Writes its data out, to be given to it.", tenant_export },
    { "fetch", "SLUG|ID [--export ID|newest] --to FILE", "Brings an export here; asked again, it goes on where it broke off.", tenant_fetch },
    { "clone", "SLUG|ID NEW_SLUG NAME BILLING_EMAIL [--contact EMAIL]", "Makes another, whose database begins as a copy of its own.", tenant_clone },
    { "move", "SLUG|ID --host HOST [--allow-read-only-seconds N] | SLUG|ID --back", "Moves its database to another host, or back.", tenant_move },
    { "usage", "SLUG|ID", "Shows what it uses, and its limits.", tenant_show_usage },
    { "level", "SLUG|ID LEVEL --reason TEXT [--until TIME --then LEVEL]",
      "Sets its service: full, warned, read_only, export_only or off; for a time, if told what comes then.", tenant_order_level },
    {},
};
/* clang-format on */
