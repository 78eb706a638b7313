/* `nidia api-key …`: the keys of machines. */
#include "base/percent.h"
#include "main/print.h"
#include "json/json.h"

static const char *const keys[] = { "id",         "name",          "prefix",       "scopes",     "tenant_id",
                                    "expires_at", "request_count", "last_used_at", "revoked_at", NULL };
static const char *const fresh_key[] = {
    "id", "name", "scopes", "expires_at", "previous_ends_at", "key", NULL
};

/* "a,b" as a list of texts. */
static void add_list(struct buffer *body, const char *name, const char *words)
{
    json_add_name(body, text_from(name));
    buffer_add_byte(body, '[');
    for (struct text rest = text_from(words), first = rest; rest.length > 0;) {
        buffer_add(body, rest.data == first.data ? TEXT("") : TEXT(","));
        json_add_text(body, text_cut(&rest, ','));
    }
    buffer_add_byte(body, ']');
}

static int create(struct invocation *invocation)
{
    const char *scopes = invocation_take(invocation, "--scopes"),
               *tenants = invocation_take(invocation, "--tenant"),
               *expires_at = invocation_take(invocation, "--expires");
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 1 || !scopes)
        return invocation_say_usage(invocation);
    bool several = tenants && text_contains(text_from(tenants), TEXT(","));
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "name", text_from(invocation->arguments[0]));
    add_list(&body, "scopes", scopes);
    if (several)
        add_list(&body, "tenant_ids", tenants);
    else if (tenants)
        json_add_named_text(&body, "tenant_id", text_from(tenants));
    if (expires_at)
        json_add_named_text(&body, "expires_at", text_from(expires_at));
    buffer_add_byte(&body, '}');
    return print_made(invocation, TEXT("/api/v1/api_keys"), &body, fresh_key);
}

static struct buffer target_of(const struct invocation *invocation)
{
    struct buffer target = { .arena = invocation->arena };
    buffer_add(&target, TEXT("/api/v1/api_keys/"));
    percent_encode(&target, text_from(invocation->arguments[0]));
    return target;
}

static int rotate(struct invocation *invocation)
{
    const char *hours = invocation_take(invocation, "--overlap-hours");
    struct buffer body = { .arena = invocation->arena };
    int64_t overlap_hours;
    if (invocation->count != 1 || (hours && !text_to_integer(text_from(hours), &overlap_hours)))
        return invocation_say_usage(invocation);
    buffer_add_byte(&body, '{');
    if (hours)
        buffer_print(&body, "\"overlap_hours\":%lld", (long long)overlap_hours);
    buffer_add_byte(&body, '}');
    struct buffer target = target_of(invocation);
    buffer_add(&target, TEXT("/rotate"));
    return print_made(invocation, target.text, &body, fresh_key);
}

static int revoke(struct invocation *invocation)
{
    struct reply reply;
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    bool revoked =
        command_call(invocation, METHOD_DELETE, target_of(invocation).text, (struct text){}, &reply);
    return revoked ? EXIT_DONE : EXIT_FAILED;
}

static int list(struct invocation *invocation)
{
    return invocation_takes_none(invocation) ? print_list(invocation, TEXT("/api/v1/api_keys"), keys)
                                             : EXIT_USAGE;
}

/* clang-format off */
const struct verb api_key_verbs[] = {
    { "create", "NAME --scopes directory[,plans:read] [--tenant ID[,ID]] [--expires TIME]", "Makes one, and shows it this once.", create },
    { "list", "", "Lists them.", list },
    { "rotate", "ID [--overlap-hours HOURS]", "Gives it a new secret; the one before is good for these hours.", rotate },
    { "revoke", "ID", "Ends it.", revoke },
    {},
};
/* clang-format on */
