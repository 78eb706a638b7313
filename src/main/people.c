/* `nidia admin …`: NIDIA's own people. */
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
    return print_made(invocation, TEXT("/api/v1/users"), &body, person);
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
        return print_got(invocation, TEXT("/api/v1/users?limit=100&system_role[ne]=tenant_admin"), people);
    return invocation_misused(
        invocation, "admin create EMAIL ROLE | admin list | admin invite|unlock|end-sessions EMAIL");
}
