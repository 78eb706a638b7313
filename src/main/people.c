/* `nidia admin …` and `nidia api-key …`: NIDIA's own people, and the keys of machines. */
#include "base/percent.h"
#include "main/print.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>

static const char *const people[] = {
    "email", "system_role", "is_active", "is_locked", "last_login_at", NULL
};
static const char *const person[] = {
    "id", "email", "system_role", "is_active", "must_change_password", "created_at", NULL
};
static const char *const keys[] = { "id",         "name",         "prefix",     "scopes",
                                    "expires_at", "last_used_at", "revoked_at", NULL };
static const char *const fresh_key[] = { "id", "name", "scopes", "key", NULL };

static int list(struct invocation *invocation, struct text target, const char *const *columns)
{
    struct reply reply;
    if (!command_call(invocation, METHOD_GET, target, (struct text){}, &reply))
        return EXIT_FAILED;
    print_rows(invocation, &reply, columns);
    return EXIT_DONE;
}

static int make(struct invocation *invocation, struct text target, struct buffer *body,
                const char *const *columns)
{
    struct reply reply;
    if (!command_call(invocation, METHOD_POST, target, body->text, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, columns);
    return EXIT_DONE;
}

/* The password comes by standard input, never by the command
 * line, which every user of the machine can read. */
static bool read_password(struct invocation *invocation, struct text *password)
{
    char line[512];
    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    *password = arena_copy(invocation->arena, text_from(line));
    return password->length > 0;
}

static int create_person(struct invocation *invocation)
{
    struct text password;
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 2)
        return invocation_misused(
            invocation,
            "admin create EMAIL super_admin|support|billing_admin   (its password on standard input)");
    if (!read_password(invocation, &password))
        return invocation_misused(invocation, "give the password on standard input");
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "email", text_from(invocation->arguments[0]));
    json_add_named_text(&body, "system_role", text_from(invocation->arguments[1]));
    json_add_named_text(&body, "password", password);
    buffer_add_byte(&body, '}');
    return make(invocation, TEXT("/api/v1/users"), &body, person);
}

static bool find_person(struct invocation *invocation, const char *email, struct text *id)
{
    struct buffer target = { .arena = invocation->arena };
    struct reply reply;
    struct json json = {};
    struct error error = {};
    buffer_add(&target, TEXT("/api/v1/users?fields=id&email="));
    percent_encode(&target, text_from(email));
    if (!command_call(invocation, METHOD_GET, target.text, (struct text){}, &reply)
        || !json_read(reply.body, invocation->arena, &json, &error))
        return false;
    const struct json *rows = json_member(&json, TEXT("data"));
    const struct json *found = rows && rows->count > 0 ? json_member(&rows->items[0], TEXT("id")) : NULL;
    if (found)
        *id = found->text;
    else
        fprintf(stderr, "nidia: nobody has the e-mail %s\n", email);
    return found;
}

/* What an operator without a browser does for somebody, by e-mail. */
static int act_on_person(struct invocation *invocation, const char *action)
{
    struct buffer target = { .arena = invocation->arena };
    struct reply reply;
    struct text id;
    if (invocation->count != 1)
        return invocation_misused(invocation, "admin invite|unlock|end-sessions EMAIL");
    if (!find_person(invocation, invocation->arguments[0], &id))
        return EXIT_FAILED;
    buffer_print(&target, "/api/v1/users/%.*s/%s", TEXT_ARG(id), action);
    return command_call(invocation, METHOD_POST, target.text, (struct text){}, &reply) ? EXIT_DONE
                                                                                       : EXIT_FAILED;
}

int command_admin(struct invocation *invocation)
{
    static const struct {
        const char *verb, *action;
    } actions[] = { { "invite", "invite" }, { "unlock", "unlock" }, { "end-sessions", "end_sessions" } };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (invocation_take_verb(invocation, actions[i].verb))
            return act_on_person(invocation, actions[i].action);
    if (invocation_take_verb(invocation, "create"))
        return create_person(invocation);
    if (invocation_take_verb(invocation, "list"))
        return list(invocation, TEXT("/api/v1/users?limit=100&system_role[ne]=tenant_admin"), people);
    return invocation_misused(
        invocation, "admin create EMAIL ROLE | admin list | admin invite|unlock|end-sessions EMAIL");
}

static int create_key(struct invocation *invocation)
{
    const char *scopes = invocation_take(invocation, "--scopes"),
               *tenant = invocation_take(invocation, "--tenant");
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 1 || !scopes)
        return invocation_misused(invocation,
                                  "api-key create NAME --scopes directory[,metrics] [--tenant ID]");
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "name", text_from(invocation->arguments[0]));
    buffer_add(&body, TEXT(",\"scopes\":["));
    for (struct text rest = text_from(scopes), first = rest; rest.length > 0;) {
        buffer_add(&body, rest.data == first.data ? TEXT("") : TEXT(","));
        json_add_text(&body, text_cut(&rest, ','));
    }
    buffer_add_byte(&body, ']');
    if (tenant)
        json_add_named_text(&body, "tenant_id", text_from(tenant));
    buffer_add_byte(&body, '}');
    return make(invocation, TEXT("/api/v1/api_keys"), &body, fresh_key);
}

static int revoke_key(struct invocation *invocation)
{
    struct buffer target = { .arena = invocation->arena };
    struct reply reply;
    if (invocation->count != 1)
        return invocation_misused(invocation, "api-key revoke ID");
    buffer_add(&target, TEXT("/api/v1/api_keys/"));
    percent_encode(&target, text_from(invocation->arguments[0]));
    return command_call(invocation, METHOD_DELETE, target.text, (struct text){}, &reply) ? EXIT_DONE
                                                                                         : EXIT_FAILED;
}

int command_api_key(struct invocation *invocation)
{
    if (invocation_take_verb(invocation, "create"))
        return create_key(invocation);
    if (invocation_take_verb(invocation, "list"))
        return list(invocation, TEXT("/api/v1/api_keys?limit=100"), keys);
    if (invocation_take_verb(invocation, "revoke"))
        return revoke_key(invocation);
    return invocation_misused(invocation, "api-key create|list|revoke");
}
