/* `nidia host …`: where the tenants' databases live, from a terminal. */
#include "base/percent.h"
#include "main/many.h"
#include "main/print.h"
#include <stdio.h>
#include <string.h>

enum { URL_MAX = 1'000 };

static const char *const listed[] = { "name",       "region",     "host",     "port",
                                      "folder",     "status",     "capacity", "database_count",
                                      "is_healthy", "latency_ms", NULL };
static const char *const shown[] = { "id",         "name",       "region",         "host",
                                     "port",       "folder",     "status",         "capacity",
                                     "weight",     "pool_size",  "database_count", "is_healthy",
                                     "checked_at", "latency_ms", "last_error",     "created_at",
                                     NULL };

static struct text path_of(struct invocation *invocation, const char *name, const char *verb)
{
    struct buffer path = { .arena = invocation->arena };
    buffer_add(&path, TEXT("/api/v1/database_hosts/"));
    percent_encode(&path, text_from(name));
    buffer_print(&path, "%s%s", *verb ? "/" : "", verb);
    return path.text;
}

static int list(struct invocation *invocation)
{
    return invocation_takes_none(invocation) ? print_list(invocation, TEXT("/api/v1/database_hosts"), listed)
                                             : EXIT_USAGE;
}

/* "-": from standard input, so that it stands in no list of processes. */
static const char *read_url(struct invocation *invocation, const char *given)
{
    char line[URL_MAX + 2];
    if (!given || strcmp(given, "-") != 0)
        return given;
    if (!fgets(line, sizeof line, stdin))
        return "";
    line[strcspn(line, "\r\n")] = '\0';
    return arena_copy(invocation->arena, text_from(line)).data;
}

static void add_words(struct buffer *json, const char *name, const char *value)
{
    if (value)
        json_add_named_text(json, name, text_from(value));
}

static int add(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    const char *url = invocation_take(invocation, "--admin-url"),
               *folder = invocation_take(invocation, "--folder");
    const char *region = invocation_take(invocation, "--region");
    buffer_add_byte(&body, '{');
    if (!invocation_add_number(invocation, &body, "--capacity", "capacity")
        || !invocation_add_number(invocation, &body, "--weight", "weight")
        || !invocation_add_number(invocation, &body, "--pool", "pool_size"))
        return EXIT_USAGE;
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    add_words(&body, "name", invocation->arguments[0]);
    add_words(&body, "admin_url", read_url(invocation, url));
    add_words(&body, "folder", folder);
    add_words(&body, "region", region);
    buffer_add_byte(&body, '}');
    struct reply reply;
    if (!command_call(invocation, METHOD_POST, TEXT("/api/v1/database_hosts"), body.text, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, shown);
    return EXIT_DONE;
}

static int set_administrator(struct invocation *invocation)
{
    struct buffer body = { .arena = invocation->arena };
    const char *url = read_url(invocation, invocation_take(invocation, "--admin-url"));
    struct reply reply;
    if (invocation->count != 1 || !url)
        return invocation_say_usage(invocation);
    buffer_add_byte(&body, '{');
    add_words(&body, "admin_url", url);
    buffer_add_byte(&body, '}');
    if (!command_call(invocation, METHOD_POST,
                      path_of(invocation, invocation->arguments[0], "set_administrator"), body.text, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, shown);
    return EXIT_DONE;
}

struct action {
    enum method method;
    const char *path;
};

static int act(struct invocation *invocation)
{
    const struct action *action = invocation->verb->how;
    struct reply reply;
    if (invocation->count != 1)
        return invocation_say_usage(invocation);
    if (!command_call(invocation, action->method, path_of(invocation, invocation->arguments[0], action->path),
                      (struct text){}, &reply))
        return EXIT_FAILED;
    if (reply.body.length > 0)
        print_record(invocation, &reply, shown);
    return EXIT_DONE;
}

/* A host that is only away for a moment loses nothing by waiting, and its tenants' last rows by this: the
 * operator has to give it up first. */
static int restore(struct invocation *invocation)
{
    struct reply reply;
    struct json lost, target;
    const char *onto = invocation_take(invocation, "--onto");
    if (invocation->count != 1 || !onto)
        return invocation_say_usage(invocation);
    if (!command_read(invocation, path_of(invocation, invocation->arguments[0], ""), &reply, &lost)
        || !command_read(invocation, path_of(invocation, onto, ""), &reply, &target))
        return EXIT_FAILED;
    if (text_is(command_text(&lost, "status"), "offline"))
        return many_restore(invocation, command_text(&lost, "id"), onto);
    fprintf(stderr,
            "nidia: %s is not given up: what was written there since the backups would be left behind. "
            "If it is lost: nidia host offline %s\n",
            invocation->arguments[0], invocation->arguments[0]);
    return EXIT_FAILED;
}

static const struct action show = { METHOD_GET, "" }, drain = { METHOD_POST, "drain" };
static const struct action activate = { METHOD_POST, "activate" }, offline = { METHOD_POST, "take_offline" };
static const struct action check = { METHOD_POST, "check" }, remove_one = { METHOD_DELETE, "" };

/* clang-format off */
const struct verb host_verbs[] = {
    { "list", "", "Lists them.", list },
    { "show", "NAME|ID", "Shows one.", act, &show },
    { "add", "NAME (--admin-url URL|- | --folder DIR) [--region REGION] [--capacity N] [--weight N] [--pool N]",
      "Adds a PostgreSQL server, or on SQLite a folder; -: the URL is read from standard input.", add },
    { "set-admin", "NAME|ID --admin-url URL|-", "Replaces its administrator, who is tried first.", set_administrator },
    { "drain", "NAME|ID", "Nothing new is placed there.", act, &drain },
    { "activate", "NAME|ID", "It takes new databases, again.", act, &activate },
    { "offline", "NAME|ID", "Gives it up, so that its tenants may be restored elsewhere.", act, &offline },
    { "restore", "NAME|ID --onto HOST", "Restores the tenants of one that is given up from their newest backups.", restore },
    { "check", "NAME|ID", "Asks it now.", act, &check },
    { "remove", "NAME|ID", "Removes one that has no databases, or that is given up.", act, &remove_one },
    {},
};
/* clang-format on */
