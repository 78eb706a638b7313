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
        return invocation_misused(invocation, "tenant show SLUG|ID");
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
        return invocation_misused(invocation,
                                  "tenant create SLUG NAME BILLING_EMAIL [--plan free] [--contact EMAIL]");
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

/* verb, method, path's last part, is a reason wanted? */
static const struct action {
    const char *verb;
    enum method method;
    const char *path;
    bool reason, at;
} actions[] = {
    { "suspend", METHOD_POST, "suspend", true, false },
    { "reactivate", METHOD_POST, "reactivate", true, false },
    { "cancel", METHOD_POST, "cancel", true, true },
    { "delete", METHOD_DELETE, "", false, false },
    { "retry", METHOD_POST, "retry_provisioning", false, false },
    { "rollback", METHOD_POST, "rollback_provisioning", false, false },
};

static int act(struct invocation *invocation, const struct action *action)
{
    const char *reason = action->reason ? invocation_take(invocation, "--reason") : NULL;
    const char *at = action->at ? invocation_take(invocation, "--at") : NULL;
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 1 || (action->reason && !reason))
        return invocation_misused(invocation,
                                  arena_format(invocation->arena, "tenant %s SLUG|ID%s%s", action->verb,
                                               action->reason ? " --reason TEXT" : "",
                                               action->at ? " [--at now|period_end]" : "")
                                      .data);
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
    print_record(invocation, &reply, shown);
    return EXIT_DONE;
}

/* Without --backup, what is restored is the tenant, from its deletion. */
static int tenant_restore(struct invocation *invocation)
{
    static const struct action undelete = { "restore", METHOD_POST, "restore", false, false };
    const char *backup = invocation_take(invocation, "--backup");
    return backup ? tenant_restore_backup(invocation, backup) : act(invocation, &undelete);
}

static const struct other {
    const char *verb;
    int (*run)(struct invocation *invocation);
} others[] = {
    { "backup", tenant_back_up }, { "backups", tenant_list_backups }, { "export", tenant_export },
    { "fetch", tenant_fetch },    { "restore", tenant_restore },      { "clone", tenant_clone },
    { "move", tenant_move },      { "usage", tenant_show_usage },     { "level", tenant_order_level },
};

int command_tenant(struct invocation *invocation)
{
    if (invocation_take_verb(invocation, "list"))
        return list(invocation);
    if (invocation_take_verb(invocation, "show"))
        return show(invocation);
    if (invocation_take_verb(invocation, "create"))
        return create(invocation);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (invocation_take_verb(invocation, others[i].verb))
            return others[i].run(invocation);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (invocation_take_verb(invocation, actions[i].verb))
            return act(invocation, &actions[i]);
    return invocation_misused(
        invocation, "tenant list|show|create|suspend|reactivate|cancel|delete|restore|retry|rollback|"
                    "backup|backups|export|fetch|clone|move|usage|level");
}
