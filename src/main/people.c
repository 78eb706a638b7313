/* `nidia admin …` and `nidia session …`: people, and where they are signed in. */
#include "base/percent.h"
#include "main/print.h"
#include "main/secret.h"
#include "json/json.h"
#include <stdio.h>

static const char *const people[] = {
    "email", "system_role", "is_active", "is_locked", "last_login_at", NULL
};
static const char *const person[] = {
    "id", "email", "system_role", "is_active", "must_change_password", "created_at", NULL
};
static const char *const sessions[] = { "id",         "user_id",          "device_name", "ip_address",
                                        "created_at", "last_activity_at", "expires_at",  NULL };

static int create_person(struct invocation *invocation)
{
    bool invited = invocation_take_flag(invocation, "--invite");
    struct text password;
    struct buffer body = { .arena = invocation->arena };
    if (invocation->count != 2)
        return invocation_misused(invocation,
                                  "admin create EMAIL super_admin|support|billing_admin [--invite]");
    if (!invited && !secret_read(invocation, "Password: ", &password))
        return invocation_misused(invocation, "give the password on standard input");
    buffer_add_byte(&body, '{');
    json_add_named_text(&body, "email", text_from(invocation->arguments[0]));
    json_add_named_text(&body, "system_role", text_from(invocation->arguments[1]));
    if (!invited)
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

static bool describe_lock(struct invocation *invocation, struct buffer *body)
{
    const char *reason = invocation_take(invocation, "--reason");
    if (reason)
        json_add_named_text(body, "reason", text_from(reason));
    return reason;
}

static bool describe_password(struct invocation *invocation, struct buffer *body)
{
    struct text password;
    bool given = secret_read(invocation, "New password: ", &password);
    if (given)
        json_add_named_text(body, "password", password);
    return given;
}

static int send_password_link(struct invocation *invocation)
{
    static const char *const told[] = { "link", "expires_at", NULL };
    bool shown = invocation_take_flag(invocation, "--print");
    struct buffer target = { .arena = invocation->arena }, body = { .arena = invocation->arena };
    struct text id;
    if (invocation->count != 1)
        return invocation_misused(invocation, "admin reset-password EMAIL --link [--print]");
    if (!find_person(invocation, invocation->arguments[0], &id))
        return EXIT_FAILED;
    buffer_print(&target, "/api/v1/users/%.*s/send_password_link", TEXT_ARG(id));
    buffer_print(&body, "{\"show\":%s}", shown ? "true" : "false");
    return print_made(invocation, target.text, &body, told);
}

/* What an operator without a browser does for somebody, by e-mail. */
static const struct act {
    const char *verb, *action, *usage;
    bool (*describe)(struct invocation *invocation,
                     struct buffer *body);         /* the body's members; NULL: no body */
    int (*by_link)(struct invocation *invocation); /* with --link; NULL: there is no such thing */
} acts[] = {
    { "invite", "invite", "admin invite EMAIL", NULL, NULL },
    { "unlock", "unlock", "admin unlock EMAIL", NULL, NULL },
    { "end-sessions", "end_sessions", "admin end-sessions EMAIL", NULL, NULL },
    { "lock", "lock", "admin lock EMAIL --reason TEXT", describe_lock, NULL },
    { "reset-password", "set_password",
      "admin reset-password EMAIL   (the password on standard input; it must be changed at the next "
      "sign-in)\n"
      "       nidia admin reset-password EMAIL --link [--print]   (a link good once is mailed, or printed)",
      describe_password, send_password_link },
    { "reset-second-factors", "reset_second_factors", "admin reset-second-factors EMAIL", NULL, NULL },
    {},
};

static int act_on_person(struct invocation *invocation, const struct act *act)
{
    struct buffer target = { .arena = invocation->arena }, body = { .arena = invocation->arena };
    struct reply reply;
    struct text id;
    if (act->describe) {
        buffer_add_byte(&body, '{');
        if (!act->describe(invocation, &body))
            return invocation_misused(invocation, act->usage);
        buffer_add_byte(&body, '}');
    }
    if (invocation->count != 1)
        return invocation_misused(invocation, act->usage);
    if (!find_person(invocation, invocation->arguments[0], &id))
        return EXIT_FAILED;
    buffer_print(&target, "/api/v1/users/%.*s/%s", TEXT_ARG(id), act->action);
    return command_call(invocation, METHOD_POST, target.text, body.text, &reply) ? EXIT_DONE : EXIT_FAILED;
}

int command_admin(struct invocation *invocation)
{
    for (const struct act *act = acts; act->verb; act++)
        if (invocation_take_verb(invocation, act->verb))
            return act->by_link && invocation_take_flag(invocation, "--link")
                     ? act->by_link(invocation)
                     : act_on_person(invocation, act);
    if (invocation_take_verb(invocation, "create"))
        return create_person(invocation);
    if (invocation_take_verb(invocation, "list"))
        return invocation_takes_none(invocation)
                 ? print_list(invocation, TEXT("/api/v1/users?system_role[ne]=tenant_admin"), people)
                 : EXIT_USAGE;
    return invocation_misused(
        invocation, "admin create EMAIL ROLE [--invite] | admin list | "
                    "admin invite|reset-password|reset-second-factors|lock|unlock|end-sessions EMAIL");
}

/* Everybody's that live, or one person's. */
static int list_sessions(struct invocation *invocation)
{
    struct buffer target = { .arena = invocation->arena };
    struct text id;
    if (invocation->count > 1)
        return invocation_misused(invocation, "session list [EMAIL]");
    buffer_add(&target, TEXT("/api/v1/user_sessions?is_active=true&sort=-created_at"));
    if (invocation->count == 1) {
        if (!find_person(invocation, invocation->arguments[0], &id))
            return EXIT_FAILED;
        buffer_print(&target, "&user_id=%.*s", TEXT_ARG(id));
    }
    return print_list(invocation, target.text, sessions);
}

static int end_session(struct invocation *invocation)
{
    struct buffer target = { .arena = invocation->arena };
    struct reply reply;
    if (invocation->count != 1)
        return invocation_misused(invocation, "session end ID");
    buffer_add(&target, TEXT("/api/v1/user_sessions/"));
    percent_encode(&target, text_from(invocation->arguments[0]));
    return command_call(invocation, METHOD_DELETE, target.text, (struct text){}, &reply) ? EXIT_DONE
                                                                                         : EXIT_FAILED;
}

int command_session(struct invocation *invocation)
{
    if (invocation_take_verb(invocation, "list"))
        return list_sessions(invocation);
    if (invocation_take_verb(invocation, "end"))
        return end_session(invocation);
    return invocation_misused(invocation, "session list [EMAIL] | session end ID");
}
