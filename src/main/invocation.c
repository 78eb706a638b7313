/* What all commands share: their arguments, how they say that
 * something failed, and the calls that they make. */
#include "base/log.h"
#include "http/client.h"
#include "main/command.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CALL_TIMEOUT_MS = 60'000 };

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

bool invocation_take_verb(struct invocation *invocation, const char *verb)
{
    if (invocation->count == 0 || strcmp(invocation->arguments[0], verb) != 0)
        return false;
    invocation->arguments++;
    invocation->count--;
    return true;
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

/* True where somebody serves there and has answered. A socket
 * that nobody listens on is a leftover of a kill. */
static bool call_server(struct invocation *invocation, const char *address, enum method method,
                        struct text target, struct text body, struct reply *reply)
{
    struct error error = {};
    const struct header headers[] = { { TEXT("Content-Type"), TEXT("application/json") } };
    const struct http_call call = {
        .address = address,
        .method = method_names[method],
        .target = arena_string(invocation->arena, target),
        .headers = headers,
        .header_count = body.length > 0,
        .body = body,
        .timeout_ms = CALL_TIMEOUT_MS,
    };
    return http_call(&call, invocation->arena, &reply->status, &reply->body, &error);
}

bool command_call(struct invocation *invocation, enum method method, struct text target, struct text body,
                  struct reply *reply)
{
    const char *address = invocation->app ? NULL : socket_address(invocation);
    if (!address || !call_server(invocation, address, method, target, body, reply)) {
        if (!open_app(invocation))
            return false;
        app_call(invocation->app, invocation->arena, method, target, body, reply);
    }
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
