/* The command line: `nidia COMMAND`. Each command is a line of a table; those that work on records speak the
 * API. */
#pragma once
#include "app/app.h"
#include "settings/options.h"
#include "json/json.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* What a command that is a noun does: a line each, by which it is found, described, and told to whoever says
 * it wrong. */
struct invocation;
struct verb {
    const char *name, *takes, *words; /* takes: what stands behind the name */
    int (*run)(struct invocation *invocation);
    const void *how; /* where several share a `run`: its own */
};

struct invocation {
    const struct command *command;
    const struct verb *verb; /* NULL: the command has none */
    struct arena *arena;
    struct options options;
    int count; /* arguments behind the command's name that are no options */
    char **arguments;
    bool as_json;
    bool was_served; /* by a server, which has answered a call */
    struct app *app; /* opened when nobody serves and a call needs it */
};

struct command {
    const char *name, *takes, *words;
    int (*run)(struct invocation *invocation);
    const struct verb *verbs; /* in place of `run`; ended by {} */
};

extern const struct command commands[]; /* ended by {} */

/* Takes "--name value" out of the arguments; NULL where it is not given. */
const char *invocation_take(struct invocation *invocation, const char *name);
/* "--name N", if it is given, as a member of the object that is being written; false, and said: it is no
 * number. */
[[nodiscard]] bool invocation_add_number(struct invocation *invocation, struct buffer *json, const char *name,
                                         const char *member);
/* Is no argument left? Else says which is not understood. */
[[nodiscard]] bool invocation_takes_none(struct invocation *invocation);
bool invocation_take_flag(struct invocation *invocation, const char *name);
int invocation_misused(const struct invocation *invocation, const char *why); /* says so; EXIT_USAGE */
int invocation_say_usage(const struct invocation *invocation);                /* what it takes; EXIT_USAGE */
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
int command_events(struct invocation *invocation);
int command_version(struct invocation *invocation);
int command_help(struct invocation *invocation);

extern const struct verb tenant_verbs[], domain_verbs[], host_verbs[], provider_verbs[], fleet_verbs[],
    admin_verbs[], session_verbs[], api_key_verbs[], key_verbs[];
