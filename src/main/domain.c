/* `nidia domain …`: the API's calls on tenants' domains, from a terminal. */
#include "base/percent.h"
#include "base/random.h"
#include "domains/domain_name.h"
#include "main/print.h"
#include "main/tenant.h"
#include "json/json.h"

static const char *const listed[] = { "domain",      "tenant_id",      "status", "is_primary",
                                      "ssl_enabled", "ssl_expires_at", "id",     NULL };
static const char *const shown[] = { "id",
                                     "domain",
                                     "tenant_id",
                                     "status",
                                     "is_primary",
                                     "verified_at",
                                     "verification_token",
                                     "claim_expires_at",
                                     "last_error",
                                     "failures",
                                     "next_check_at",
                                     "ssl_enabled",
                                     "ssl_expires_at",
                                     "ssl_error",
                                     NULL };

static int list(struct invocation *invocation)
{
    struct buffer target = { .arena = invocation->arena };
    const char *tenant = invocation_take(invocation, "--tenant");
    struct text tenant_id;
    if (invocation->count != 0)
        return invocation_say_usage(invocation);
    if (tenant && !tenant_find_id(invocation, tenant, &tenant_id))
        return EXIT_FAILED;
    buffer_add(&target, TEXT("/api/v1/tenant_domains"));
    if (tenant)
        buffer_print(&target, "?tenant_id=%.*s", TEXT_ARG(tenant_id));
    return print_list(invocation, target.text, listed);
}

static int add(struct invocation *invocation)
{
    struct reply reply;
    struct text tenant_id;
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 2)
        return invocation_say_usage(invocation);
    if (!tenant_find_id(invocation, invocation->arguments[0], &tenant_id))
        return EXIT_FAILED;
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "tenant_id", tenant_id);
    json_add_named_text(&body, "domain", text_from(invocation->arguments[1]));
    buffer_add_byte(&body, '}');
    if (!command_call(invocation, METHOD_POST, TEXT("/api/v1/tenant_domains"), body.text, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, shown);
    return EXIT_DONE;
}

/* By its id, or by its name, however that is written, where one tenant alone claims it. */
static bool find_domain(struct invocation *invocation, const char *name, struct text *id)
{
    struct reply reply;
    struct json json;
    struct error error = {};
    struct buffer target = { .arena = invocation->arena };
    *id = text_from(name);
    if (text_is_uuid(*id))
        return true;
    buffer_add(&target, TEXT("/api/v1/tenant_domains?domain="));
    percent_encode(&target, domain_name_spell(invocation->arena, *id));
    if (!command_call(invocation, METHOD_GET, target.text, (struct text){}, &reply)
        || !json_read(reply.body, invocation->arena, &json, &error))
        return false;
    const struct json *rows = json_member(&json, TEXT("data"));
    if (rows->count == 1) {
        *id = json_member(&rows->items[0], TEXT("id"))->text;
        return true;
    }
    invocation_misused(invocation, rows->count == 0 ? "nobody claims this domain"
                                                    : "several tenants claim this domain: give its id");
    return false;
}

struct api_action {
    enum method method;
    const char *path;
};

static int act(struct invocation *invocation)
{
    const struct api_action *action = invocation->verb->how;
    struct reply reply;
    struct text id;
    struct buffer target = { .arena = invocation->arena };
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    if (!find_domain(invocation, invocation->arguments[0], &id))
        return EXIT_FAILED;
    buffer_add(&target, TEXT("/api/v1/tenant_domains/"));
    percent_encode(&target, id);
    buffer_print(&target, "%s", action->path);
    if (!command_call(invocation, action->method, target.text, (struct text){}, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, shown);
    return EXIT_DONE;
}

static const struct api_action verify = { METHOD_POST, "/verify" },
                               make_primary = { METHOD_POST, "/make_primary" };
static const struct api_action check = { METHOD_POST, "/check_certificate" },
                               remove_one = { METHOD_DELETE, "" };

/* clang-format off */
const struct verb domain_verbs[] = {
    { "list", "[--tenant SLUG|ID]", "Lists them, everybody's or one tenant's.", list },
    { "add", "SLUG|ID DOMAIN", "Claims one for a tenant; what it shows is to be put into the DNS.", add },
    { "verify", "DOMAIN|ID", "Looks in the DNS for the proof.", act, &verify },
    { "primary", "DOMAIN|ID", "Makes it the tenant's first.", act, &make_primary },
    { "check", "DOMAIN|ID", "Looks at its certificate.", act, &check },
    { "remove", "DOMAIN|ID", "Takes it from its tenant.", act, &remove_one },
    {},
};
/* clang-format on */
