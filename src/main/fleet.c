/* `nidia fleet …`: the databases of all tenants, from a terminal. */
#include "main/fleet.h"
#include "base/clock.h"
#include "main/print.h"
#include <stdio.h>
#include <unistd.h>

enum { FIRST_LOOK_MS = 20, FAILURES_SHOWN = 20 };

static const char *const state[] = {
    "target_version", "tenants",          "up_to_date", "behind",      "failed",
    "migration_id",   "migration_status", "waits_for",  "waits_since", NULL
};
static const char *const migration[] = { "id",          "status",         "wave",       "target_version",
                                         "fleet_size",  "total",          "done",       "failed",
                                         "first_error", "halted_because", "created_at", "finished_at",
                                         NULL };

static void print_names(const char *words, const struct json *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        printf("%s%.*s", i > 0 ? ", " : words, TEXT_ARG(list->items[i].text));
    if (list && list->count > 0)
        putchar('\n');
}

/* What a migration would do to the tenants that stand at one place. */
static void print_group(const struct json *group)
{
    struct text version = command_text(group, "version"), conflict = command_text(group, "conflict");
    printf("%.*s tenants at %.*s\n", TEXT_ARG(command_text(group, "tenants")),
           TEXT_ARG(version.length > 0 ? version : TEXT("a version not known before they are asked")));
    print_names("    would run: ", json_member(group, TEXT("files")));
    print_names("    first of them: ", json_member(group, TEXT("slugs")));
    if (conflict.length > 0)
        printf("    refused: %.*s\n", TEXT_ARG(conflict));
}

static int show_state(struct invocation *invocation, bool with_groups)
{
    struct reply reply;
    struct json json;
    if (!command_read(invocation, TEXT("/api/v1/fleet"), &reply, &json))
        return EXIT_FAILED;
    print_record(invocation, &reply, state);
    const struct json *groups = json_member(&json, TEXT("groups"));
    for (size_t i = 0; with_groups && !invocation->as_json && groups && i < groups->count; i++)
        print_group(&groups->items[i]);
    return EXIT_DONE;
}

/* A line that is written over, for who watches. */
static void print_progress(const struct json *row)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%.*s: %.*s of %.*s, %.*s failed", TEXT_ARG(command_text(row, "wave")),
                TEXT_ARG(command_text(row, "done")), TEXT_ARG(command_text(row, "total")),
                TEXT_ARG(command_text(row, "failed")));
}

/* A line that stays, once for each that is waited for. */
static void print_waiting(struct invocation *invocation, const struct json *row, struct text *told)
{
    struct text since = command_text(row, "waits_since");
    if (since.length == 0 || text_equal(since, *told))
        return;
    *told = arena_copy(invocation->arena, since);
    fleet_end_progress();
    fprintf(stderr, "waiting for %.*s since %.*s\n", TEXT_ARG(command_text(row, "waits_for")),
            TEXT_ARG(since));
}

void fleet_end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

struct text fleet_slug_of(struct invocation *invocation, const struct json *entry)
{
    struct reply reply;
    struct json tenant;
    struct text target = arena_format(invocation->arena, "/api/v1/tenants/%.*s?fields=slug",
                                      TEXT_ARG(command_text(entry, "tenant_id")));
    return command_read(invocation, target, &reply, &tenant) ? command_text(&tenant, "slug") : TEXT("");
}

static void print_failures(struct invocation *invocation, struct text id)
{
    struct reply reply;
    struct json json;
    struct text target = arena_format(invocation->arena,
                                      "/api/v1/tenant_schemas?status=failed&fleet_migration_id=%.*s&limit=%d",
                                      TEXT_ARG(id), FAILURES_SHOWN);
    if (invocation->as_json || !command_read(invocation, target, &reply, &json))
        return;
    const struct json *rows = json_member(&json, TEXT("data"));
    for (size_t i = 0; rows && i < rows->count; i++)
        printf("%.*s: %.*s\n", TEXT_ARG(fleet_slug_of(invocation, &rows->items[i])),
               TEXT_ARG(command_text(&rows->items[i], "error")));
}

static int end(struct invocation *invocation, const struct reply *reply, const struct json *row)
{
    fleet_end_progress();
    if (!invocation->as_json && text_is(command_text(row, "total"), "0"))
        printf("%.*s tenants are up to date.\n", TEXT_ARG(command_text(row, "fleet_size")));
    else
        print_record(invocation, reply, migration);
    if (!text_is(command_text(row, "failed"), "0"))
        print_failures(invocation, command_text(row, "id"));
    bool good =
        text_is(command_text(row, "status"), "completed") && text_is(command_text(row, "failed"), "0");
    return good ? EXIT_DONE : EXIT_FAILED;
}

/* Until it is over; whoever runs it goes on without the one who watches. */
static int follow(struct invocation *invocation, const struct reply *begun)
{
    struct reply reply = *begun;
    struct json row;
    struct text told = {};
    struct error error = {};
    if (!json_read(reply.body, invocation->arena, &row, &error))
        return invocation_failed(invocation, &error);
    struct text target =
        arena_format(invocation->arena, "/api/v1/fleet_migrations/%.*s", TEXT_ARG(command_text(&row, "id")));
    for (int pause = FIRST_LOOK_MS; text_is(command_text(&row, "status"), "running"); pause = FLEET_LOOK_MS) {
        print_waiting(invocation, &row, &told);
        print_progress(&row);
        clock_sleep_ms(pause);
        if (!command_read(invocation, target, &reply, &row))
            return EXIT_FAILED;
    }
    return end(invocation, &reply, &row);
}

static void add_slugs(struct buffer *json, const char *name, const char *slugs)
{
    if (!slugs)
        return;
    json_add_name(json, text_from(name));
    buffer_add_byte(json, '[');
    for (struct text rest = text_from(slugs); rest.length > 0;) {
        json_add_text(json, text_cut(&rest, ','));
        buffer_add(json, rest.length > 0 ? TEXT(",") : TEXT(""));
    }
    buffer_add_byte(json, ']');
}

static int migrate(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    struct reply reply;
    if (invocation_take_flag(invocation, "--dry-run"))
        return invocation->count == 0 ? show_state(invocation, true) : invocation_say_usage(invocation);
    const char *slugs = invocation_take(invocation, "--canaries");
    buffer_add_byte(&body, '{');
    if (!invocation_add_number(invocation, &body, "--canary", "canary"))
        return EXIT_USAGE;
    if (slugs && body.length > 1) /* either so many, or these */
        return invocation_say_usage(invocation);
    add_slugs(&body, "canary_tenants", slugs);
    if (!invocation_add_number(invocation, &body, "--parallel", "parallel")
        || !invocation_add_number(invocation, &body, "--budget", "budget"))
        return EXIT_USAGE;
    buffer_add_byte(&body, '}');
    if (invocation->count > 0)
        return invocation_say_usage(invocation);
    if (!command_call(invocation, METHOD_POST, TEXT("/api/v1/fleet_migrations"), body.text, &reply))
        return EXIT_FAILED;
    return follow(invocation, &reply);
}

/* On the migration that is named, or the last one. */
static bool act(struct invocation *invocation, const char *action, struct reply *reply)
{
    struct json json;
    struct text id;
    if (invocation->count == 1)
        id = text_from(invocation->arguments[0]);
    else if (command_read(invocation, TEXT("/api/v1/fleet"), reply, &json))
        id = command_text(&json, "migration_id");
    else
        return false;
    if (id.length == 0) {
        fputs("nidia: there was no migration yet\n", stderr);
        return false;
    }
    struct text target =
        arena_format(invocation->arena, "/api/v1/fleet_migrations/%.*s/%s", TEXT_ARG(id), action);
    return command_call(invocation, METHOD_POST, target, (struct text){}, reply);
}

static int resume(struct invocation *invocation)
{
    struct reply reply;
    if (invocation->count > 1)
        return invocation_say_usage(invocation);
    return act(invocation, "resume", &reply) ? follow(invocation, &reply) : EXIT_FAILED;
}

static int halt(struct invocation *invocation)
{
    struct reply reply;
    if (invocation->count > 1)
        return invocation_say_usage(invocation);
    if (!act(invocation, "halt", &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, migration);
    return EXIT_DONE;
}

static int show_status(struct invocation *invocation)
{
    return invocation_takes_none(invocation) ? show_state(invocation, false) : EXIT_USAGE;
}

/* clang-format off */
const struct verb fleet_verbs[] = {
    { "migrate", "[--canary N | --canaries SLUG,SLUG] [--parallel N] [--budget N] | --dry-run",
      "Brings every tenant's database to the schema; --dry-run only tells what that would do.", migrate },
    { "status", "", "Shows where the fleet stands.", show_status },
    { "resume", "[ID]", "Goes on with a migration that was halted, the last one unless told.", resume },
    { "halt", "[ID]", "Begins with no other tenant.", halt },
    { "drift", "[--tenant SLUG]", "Tells what somebody changed in the databases beside the files.", fleet_drift },
    {},
};
/* clang-format on */
