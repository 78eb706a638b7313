/* The command line: `nidia COMMAND`. Each command is a line of a table; those that work on records speak the
 * API. */
#pragma once
#include "app/app.h"
#include "settings/options.h"
#include "json/json.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct invocation {
    struct arena *arena;
    struct options options;
    int count; /* arguments behind the command's name that are no options */
    char **arguments;
    bool as_json;
    bool was_served; /* by a server, which has answered a call */
    struct app *app; /* opened when nobody serves and a call needs it */
};

struct command {
    const char *name, *usage, *words;
    int (*run)(struct invocation *invocation);
};

extern const struct command commands[]; /* ended by {} */

/* Takes "--name value" out of the arguments; NULL where it is not given. */
const char *invocation_take(struct invocation *invocation, const char *name);
/* Is the first argument this word? Then it is taken. */
bool invocation_take_verb(struct invocation *invocation, const char *verb);
/* Is no argument left? Else says which is not understood. */
[[nodiscard]] bool invocation_takes_none(struct invocation *invocation);
bool invocation_take_flag(struct invocation *invocation, const char *name);
int invocation_misused(const struct invocation *invocation, const char *why); /* says so; EXIT_USAGE */
int invocation_failed(const struct invocation *invocation, const struct error *error);

/*
 * One request as super admin: over DATA/nidia.sock where a server runs, else in this process with the lock
 * taken. A server that has answered before and is gone is waited for: to take its place would keep it from
 * starting. False where the request could not be made, or was answered with a problem: that has been said.
 */
[[nodiscard]] bool command_call(struct invocation *invocation, enum method method, struct text target,
                                struct text body, struct reply *reply);
/* GET, and its answer read; false where that failed, and has been said. */
[[nodiscard]] bool command_read(struct invocation *invocation, struct text target, struct reply *reply,
                                struct json *answer);
/* GET from who serves, taken as it comes. False: no answer could be had, or not all of it. */
struct http_taker;
struct header;
struct command_request {
    struct text target;
    const struct header *headers;
    size_t header_count;
};
[[nodiscard]] bool command_receive(struct invocation *invocation, const struct command_request *request,
                                   const struct http_taker *taker, struct reply *reply, struct error *error);
/* What a problem says. */
void command_say_problem(struct invocation *invocation, const struct reply *reply);
/* A member that is a text or a number; else empty. */
struct text command_text(const struct json *object, const char *name);

int command_serve(struct invocation *invocation);
int command_migrate(struct invocation *invocation);
int command_seed(struct invocation *invocation);
int command_config(struct invocation *invocation);
int command_openapi(struct invocation *invocation);
int command_doctor(struct invocation *invocation);
int command_tenant(struct invocation *invocation);
int command_domain(struct invocation *invocation);
int command_host(struct invocation *invocation);
int command_provider(struct invocation *invocation);
int command_fleet(struct invocation *invocation);
int command_admin(struct invocation *invocation);
int command_session(struct invocation *invocation);
int command_events(struct invocation *invocation);
int command_api_key(struct invocation *invocation);
int command_key(struct invocation *invocation);
int command_version(struct invocation *invocation);
int command_help(struct invocation *invocation);
