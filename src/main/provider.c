/* `nidia provider …`: the identity providers of staff, from a terminal. */
#include "base/percent.h"
#include "main/print.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>

enum { SECRET_MAX = 500 };

static const char *const listed[] = { "name", "display_name", "issuer", "client_id", "is_enabled", NULL };
static const char *const shown[] = {
    "id",         "name",       "display_name", "issuer",         "client_id",      "scopes",
    "role_claim", "role_rules", "is_enabled",   "creates_people", "links_by_email", "allows_private_network",
    "created_at", NULL
};
static const char *const checked[] = { "authorization_endpoint", "end_session_endpoint", "redirect_uri",
                                       NULL };

static struct text path_of(struct invocation *invocation, const char *name, const char *verb)
{
    struct buffer path = { .arena = invocation->arena };
    buffer_add(&path, TEXT("/api/v1/identity_providers/"));
    percent_encode(&path, text_from(name));
    buffer_print(&path, "%s%s", *verb ? "/" : "", verb);
    return path.text;
}

static int call(struct invocation *invocation, enum method method, struct text target, struct text body,
                const char *const *columns)
{
    struct reply reply;
    if (!command_call(invocation, method, target, body, &reply))
        return EXIT_FAILED;
    if (reply.body.length > 0)
        print_record(invocation, &reply, columns);
    return EXIT_DONE;
}

static int list(struct invocation *invocation)
{
    return invocation_takes_none(invocation)
             ? print_list(invocation, TEXT("/api/v1/identity_providers"), listed)
             : EXIT_USAGE;
}

/* From standard input, so that it stands in no list of processes. */
static struct text read_secret(struct invocation *invocation)
{
    char line[SECRET_MAX + 2];
    if (!fgets(line, sizeof line, stdin))
        return (struct text){};
    line[strcspn(line, "\r\n")] = '\0';
    return arena_copy(invocation->arena, text_from(line));
}

/* "admins=super_admin,helpers=support": in this order. */
static void add_rules(struct buffer *json, const char *given)
{
    struct text rest = text_from(given);
    json_add_name(json, TEXT("role_rules"));
    for (const char *separator = "["; rest.length > 0; separator = ",") {
        struct text rule = text_cut(&rest, ','), value = text_cut(&rule, '=');
        buffer_print(json, "%s{", separator);
        json_add_named_text(json, "value", value);
        json_add_named_text(json, "role", rule);
        buffer_add_byte(json, '}');
    }
    buffer_add_byte(json, ']');
}

static int add(struct invocation *invocation)
{
    static const struct {
        const char *option, *member;
    } words[] = { { "--display-name", "display_name" },
                  { "--issuer", "issuer" },
                  { "--client-id", "client_id" },
                  { "--scopes", "scopes" },
                  { "--role-claim", "role_claim" } };
    static const struct {
        const char *flag, *member;
    } flags[] = { { "--creates-people", "creates_people" },
                  { "--links-by-email", "links_by_email" },
                  { "--private-network", "allows_private_network" } };
    const char *roles = invocation_take(invocation, "--roles");
    bool is_public = invocation_take_flag(invocation, "--public");
    struct buffer body = { .arena = invocation->arena };
    buffer_add_byte(&body, '{');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *value = invocation_take(invocation, words[i].option);
        if (value)
            json_add_named_text(&body, words[i].member, text_from(value));
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (invocation_take_flag(invocation, flags[i].flag)) {
            json_add_name(&body, text_from(flags[i].member));
            buffer_add(&body, TEXT("true"));
        }
    if (invocation->count != 1 || !roles)
        return invocation_say_usage(invocation);
    json_add_named_text(&body, "name", text_from(invocation->arguments[0]));
    if (!is_public)
        json_add_named_text(&body, "client_secret", read_secret(invocation));
    add_rules(&body, roles);
    buffer_add_byte(&body, '}');
    return call(invocation, METHOD_POST, TEXT("/api/v1/identity_providers"), body.text, shown);
}

static int set_secret(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "client_secret", read_secret(invocation));
    buffer_add_byte(&body, '}');
    return call(invocation, METHOD_POST, path_of(invocation, invocation->arguments[0], "set_client_secret"),
                body.text, shown);
}

struct action {
    enum method method;
    const char *path, *body;
    const char *const *columns;
};

static int act(struct invocation *invocation)
{
    const struct action *action = invocation->verb->how;
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    return call(invocation, action->method, path_of(invocation, invocation->arguments[0], action->path),
                text_from(action->body), action->columns);
}

static const struct action show = { METHOD_GET, "", "", shown };
static const struct action enable = { METHOD_PATCH, "", "{\"is_enabled\":true}", shown };
static const struct action disable = { METHOD_PATCH, "", "{\"is_enabled\":false}", shown };
static const struct action check = { METHOD_POST, "check", "", checked };
static const struct action remove_one = { METHOD_DELETE, "", "", shown };

/* clang-format off */
const struct verb provider_verbs[] = {
    { "list", "", "Lists them.", list },
    { "show", "NAME", "Shows one.", act, &show },
    { "add", "NAME --display-name WORDS --issuer URL --client-id ID --roles VALUE=ROLE[,...] [--role-claim CLAIM] [--scopes WORDS] "
      "[--creates-people] [--links-by-email] [--private-network] [--public]",
      "Adds one; the client secret is read from standard input, unless --public.", add },
    { "set-secret", "NAME", "Replaces the client secret, read from standard input.", set_secret },
    { "enable", "NAME", "People may sign in there.", act, &enable },
    { "disable", "NAME", "Nobody may any more.", act, &disable },
    { "check", "NAME", "Asks it what it offers.", act, &check },
    { "remove", "NAME", "Removes it.", act, &remove_one },
    {},
};
/* clang-format on */
