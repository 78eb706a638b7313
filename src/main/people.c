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
        return invocation_say_usage(invocation);
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
        return invocation_say_usage(invocation);
    if (!find_person(invocation, invocation->arguments[0], &id))
        return EXIT_FAILED;
    buffer_print(&target, "/api/v1/users/%.*s/send_password_link", TEXT_ARG(id));
    buffer_print(&body, "{\"show\":%s}", shown ? "true" : "false");
    return print_made(invocation, target.text, &body, told);
}

/* What an operator without a browser does for somebody, by e-mail. */
struct act {
    const char *action;
    bool (*describe)(struct invocation *invocation,
                     struct buffer *body);         /* the body's members; NULL: no body */
    int (*by_link)(struct invocation *invocation); /* with --link; NULL: there is no such thing */
};

static int act_on_person(struct invocation *invocation)
{
    const struct act *act = invocation->verb->how;
    struct buffer target = { .arena = invocation->arena }, body = { .arena = invocation->arena };
    struct reply reply;
    struct text id;
    if (act->by_link && invocation_take_flag(invocation, "--link"))
        return act->by_link(invocation);
    if (act->describe) {
        buffer_add_byte(&body, '{');
        if (!act->describe(invocation, &body))
            return invocation_say_usage(invocation);
        buffer_add_byte(&body, '}');
    }
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    if (!find_person(invocation, invocation->arguments[0], &id))
        return EXIT_FAILED;
    buffer_print(&target, "/api/v1/users/%.*s/%s", TEXT_ARG(id), act->action);
    return command_call(invocation, METHOD_POST, target.text, body.text, &reply) ? EXIT_DONE : EXIT_FAILED;
}

static int list_people(struct invocation *invocation)
{
    return invocation_takes_none(invocation)
             ? print_list(invocation, TEXT("/api/v1/users?system_role[ne]=tenant_admin"), people)
             : EXIT_USAGE;
}

static const struct act invite = { "invite", NULL, NULL }, unlock = { "unlock", NULL, NULL };
static const struct act end_sessions = { "end_sessions", NULL, NULL }, lock = { "lock", describe_lock, NULL };
static const struct act reset_password = { "set_password", describe_password, send_password_link };
static const struct act reset_second_factors = { "reset_second_factors", NULL, NULL };

/* clang-format off */
const struct verb admin_verbs[] = {
    { "create", "EMAIL super_admin|support|billing_admin [--invite]",
      "Makes a person; the password is read from standard input, or --invite mails a link.", create_person },
    { "list", "", "Lists NIDIA's own people.", list_people },
    { "invite", "EMAIL", "Mails the invitation again.", act_on_person, &invite },
    { "lock", "EMAIL --reason TEXT", "Shuts somebody out.", act_on_person, &lock },
    { "unlock", "EMAIL", "Lets somebody in again.", act_on_person, &unlock },
    { "end-sessions", "EMAIL", "Signs somebody out everywhere.", act_on_person, &end_sessions },
    { "reset-password", "EMAIL [--link [--print]]",
      "Reads a password from standard input, to be changed at the next sign-in; --link mails a link good once, or --print prints it.",
      act_on_person, &reset_password },
    { "reset-second-factors", "EMAIL", "For who has lost them.", act_on_person, &reset_second_factors },
    {},
};
/* clang-format on */

/* Everybody's that live, or one person's. */
static int list_sessions(struct invocation *invocation)
{
    struct buffer target = { .arena = invocation->arena };
    struct text id;
    if (invocation->count > 1)
        return invocation_say_usage(invocation);
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
        return invocation_say_usage(invocation);
    buffer_add(&target, TEXT("/api/v1/user_sessions/"));
    percent_encode(&target, text_from(invocation->arguments[0]));
    return command_call(invocation, METHOD_DELETE, target.text, (struct text){}, &reply) ? EXIT_DONE
                                                                                         : EXIT_FAILED;
}

const struct verb session_verbs[] = {
    { "list", "[EMAIL]", "Lists the sessions that live, everybody's or one person's.", list_sessions },
    { "end", "ID", "Ends one.", end_session },
    {},
};
