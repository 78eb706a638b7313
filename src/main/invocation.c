/* What all commands share: their arguments, how they say that
 * something failed, and the calls that they make. */
#include "base/clock.h"
#include "base/log.h"
#include "http/client.h"
#include "main/command.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CALL_TIMEOUT_MS = 60'000, RESTART_MS = 30'000, COME_AGAIN_MS = 100 };

static void remove_argument(struct invocation *invocation, int at, int count)
{
    for (int i = at; i + count < invocation->count; i++)
        invocation->arguments[i] = invocation->arguments[i + count];
    invocation->count -= count;
}

const char *invocation_take(struct invocation *invocation, const char *name)
{
    for (int i = 0; i + 1 < invocation->count; i++)
        if (strcmp(invocation->arguments[i], name) == 0) {
            const char *value = invocation->arguments[i + 1];
            remove_argument(invocation, i, 2);
            return value;
        }
    return NULL;
}

bool invocation_take_flag(struct invocation *invocation, const char *name)
{
    for (int i = 0; i < invocation->count; i++)
        if (strcmp(invocation->arguments[i], name) == 0) {
            remove_argument(invocation, i, 1);
            return true;
        }
    return false;
}

int invocation_misused(const struct invocation *invocation, const char *why)
{
    (void)invocation;
    fprintf(stderr, "nidia: %s\n", why);
    return EXIT_USAGE;
}

bool invocation_add_number(struct invocation *invocation, struct buffer *json, const char *name,
                           const char *member)
{
    const char *given = invocation_take(invocation, name);
    int64_t number;
    if (!given)
        return true;
    if (!text_to_integer(text_from(given), &number)) {
        invocation_misused(invocation, arena_format(invocation->arena, "%s takes a whole number", name).data);
        return false;
    }
    json_add_name(json, text_from(member));
    buffer_add_integer(json, number);
    return true;
}

int invocation_say_usage(const struct invocation *invocation)
{
    const struct command *command = invocation->command;
    const struct verb *verb = invocation->verb;
    const char *takes = verb ? verb->takes : command->takes;
    fprintf(stderr, "nidia: %s%s%s%s%s\n", command->name, verb ? " " : "", verb ? verb->name : "",
            *takes ? " " : "", takes);
    return EXIT_USAGE;
}

bool invocation_takes_none(struct invocation *invocation)
{
    if (invocation->count == 0)
        return true;
    invocation_misused(
        invocation,
        arena_format(invocation->arena, "%s is not understood here", invocation->arguments[0]).data);
    return false;
}

int invocation_failed(const struct invocation *invocation, const struct error *error)
{
    (void)invocation;
    fprintf(stderr, "nidia: %s%s%s\n", error_words[error->code].code, error->about[0] ? ": " : "",
            error->about);
    for (size_t i = 0; i < error->fault_count; i++)
        fprintf(stderr, "nidia: %s %s %s\n", error->faults[i].pointer,
                error_words[error->faults[i].code].code, error->faults[i].about);
    return EXIT_FAILED;
}

/* Is somebody serving on this data folder? Then the socket is the way. */
static const char *socket_address(struct invocation *invocation)
{
    const char *folder = option_string(&invocation->options, OPTION_data);
    struct text path = arena_format(invocation->arena, "%s/nidia.sock", folder);
    return access(path.data, F_OK) == 0 ? arena_format(invocation->arena, "unix:%s", path.data).data : NULL;
}

static bool open_app(struct invocation *invocation)
{
    struct error error = {};
    struct buffer announced = { .arena = invocation->arena };
    if (invocation->app)
        return true;
    log_set_level(LOG_ERROR);
    if (app_open(&invocation->app, &invocation->options, APP_COMMANDS, &announced, &error)) {
        if (announced.length > 0)
            fprintf(stderr, "%.*s", TEXT_ARG(announced.text));
        return true;
    }
    invocation_failed(invocation, &error);
    return false;
}

void command_say_problem(struct invocation *invocation, const struct reply *reply)
{
    struct json problem;
    struct error ignored = {};
    const struct json *detail = NULL;
    if (json_read(reply->body, invocation->arena, &problem, &ignored))
        detail = json_member(&problem, TEXT("detail"));
    if (invocation->as_json || !detail)
        fprintf(stderr, "%.*s\n", TEXT_ARG(reply->body));
    else
        fprintf(stderr, "nidia: %.*s\n", TEXT_ARG(detail->text));
    const struct json *faults = detail ? json_member(&problem, TEXT("errors")) : NULL;
    for (size_t i = 0; !invocation->as_json && faults && i < faults->count; i++) {
        const struct json *pointer = json_member(&faults->items[i], TEXT("pointer"));
        const struct json *what = json_member(&faults->items[i], TEXT("detail"));
        if (pointer && what)
            fprintf(stderr, "nidia: %.*s: %.*s\n", TEXT_ARG(pointer->text), TEXT_ARG(what->text));
    }
}

struct question {
    enum method method;
    struct text target, body;
};

/* Asks who serves; `unreachable`: nobody does. A socket that nobody listens on is a leftover of a kill. */
static bool call_server(struct invocation *invocation, const struct question *question, struct reply *reply,
                        struct error *error)
{
    const struct header headers[] = { { TEXT("Content-Type"), TEXT("application/json") } };
    const struct http_call call = {
        .address = socket_address(invocation),
        .method = method_names[question->method],
        .target = arena_string(invocation->arena, question->target),
        .headers = headers,
        .header_count = question->body.length > 0,
        .body = question->body,
        .timeout_ms = CALL_TIMEOUT_MS,
    };
    *error = (struct error){};
    if (!call.address)
        return fail(error, ERROR_unreachable, "nobody serves on this data folder");
    if (!http_call(&call, invocation->arena, &reply->status, &reply->body, error))
        return false;
    invocation->was_served = true;
    return true;
}

/* A server that has answered before may be starting anew. What it may have heard already, and would do twice,
 * is not asked again. */
static bool ask_server(struct invocation *invocation, const struct question *question, struct reply *reply,
                       struct error *error)
{
    int64_t until_us = clock_monotonic_us() + RESTART_MS * INT64_C(1'000);
    while (!call_server(invocation, question, reply, error)) {
        bool may_ask_again = error->code == ERROR_unreachable || question->method == METHOD_GET;
        if (!invocation->was_served || !may_ask_again || clock_monotonic_us() > until_us)
            return false;
        clock_sleep_ms(COME_AGAIN_MS);
    }
    return true;
}

static bool ask_oneself(struct invocation *invocation, const struct question *question, struct reply *reply)
{
    if (!open_app(invocation))
        return false;
    app_call(invocation->app, invocation->arena, question->method, question->target, question->body, reply);
    return true;
}

static bool ask(struct invocation *invocation, const struct question *question, struct reply *reply)
{
    struct error error;
    if (invocation->app)
        return ask_oneself(invocation, question, reply);
    if (ask_server(invocation, question, reply, &error))
        return true;
    if (error.code == ERROR_unreachable && !invocation->was_served)
        return ask_oneself(invocation, question, reply);
    bool may_be_done = error.code != ERROR_unreachable && question->method != METHOD_GET;
    fprintf(stderr, "nidia: %s%s\n", error.about,
            may_be_done ? "; it may have been done all the same: look before you ask again" : "");
    return false;
}

bool command_call(struct invocation *invocation, enum method method, struct text target, struct text body,
                  struct reply *reply)
{
    if (!ask(invocation, &(struct question){ method, target, body }, reply))
        return false;
    if (reply->status < 400)
        return true;
    command_say_problem(invocation, reply);
    return false;
}

bool command_receive(struct invocation *invocation, const struct command_request *request,
                     const struct http_taker *taker, struct reply *reply, struct error *error)
{
    const struct http_call call = {
        .address = socket_address(invocation),
        .method = method_names[METHOD_GET],
        .target = arena_string(invocation->arena, request->target),
        .headers = request->headers,
        .header_count = request->header_count,
        .timeout_ms = CALL_TIMEOUT_MS,
    };
    if (!call.address)
        return fail(error, ERROR_conflict, "nobody serves on this data folder");
    return http_receive(&call, taker, invocation->arena, &reply->status, &reply->body, error);
}

bool command_read(struct invocation *invocation, struct text target, struct reply *reply, struct json *answer)
{
    struct error error = {};
    if (!command_call(invocation, METHOD_GET, target, (struct text){}, reply))
        return false;
    if (json_read(reply->body, invocation->arena, answer, &error))
        return true;
    invocation_failed(invocation, &error);
    return false;
}

struct text command_text(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, text_from(name));
    return member && (member->kind == JSON_TEXT || member->kind == JSON_NUMBER) ? member->text : TEXT("");
}
