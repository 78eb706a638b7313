/* `nidia tenant usage|level`: what a tenant uses of its limits, and which service it gets. */
#include "main/print.h"
#include "main/tenant.h"
#include "json/json.h"

static const char *const counts[] = {
    "plan_type",
    "service_level",
    "current_users",
    "max_users",
    "current_storage_gb",
    "max_storage_gb",
    "current_monthly_emails",
    "max_monthly_emails",
    "current_monthly_whatsapp",
    "max_monthly_whatsapp",
    "current_monthly_api_calls",
    "max_monthly_api_calls",
    NULL,
};
static const char *const levels[] = {
    "slug",
    "plan_status",
    "service_level",
    "chosen_service_level",
    "service_level_reason",
    "service_level_until",
    "service_level_next",
    NULL,
};

/* As the directory knows it just now. */
int tenant_show_usage(struct invocation *invocation)
{
    struct reply reply;
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    if (!command_call(invocation, METHOD_GET,
                      tenant_path(invocation, invocation->arguments[0], "entitlements"), (struct text){},
                      &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, counts);
    return EXIT_DONE;
}

int tenant_order_level(struct invocation *invocation)
{
    const struct {
        const char *member, *value;
    } given[] = {
        { "reason", invocation_take(invocation, "--reason") },
        { "until", invocation_take(invocation, "--until") },
        { "next_level", invocation_take(invocation, "--then") },
    };
    struct buffer body = { .arena = invocation->arena };
    struct reply reply;
    if (invocation->count != 2 || !given[0].value)
        return invocation_say_usage(invocation);
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "level", text_from(invocation->arguments[1]));
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i].value)
            json_add_named_text(&body, given[i].member, text_from(given[i].value));
    buffer_add_byte(&body, '}');
    if (!command_call(invocation, METHOD_POST,
                      tenant_path(invocation, invocation->arguments[0], "set_service_level"), body.text,
                      &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, levels);
    return EXIT_DONE;
}
