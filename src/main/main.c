#include "base/log.h"
#include "main/command.h"
#include <stdio.h>
#include <string.h>

const struct command commands[] = {
    { "serve", "[--data DIR] [--listen HOST:PORT] [--database URL]",
      "Serves the API until SIGTERM; SIGHUP starts it anew.", command_serve },
    { "migrate", "[--dry-run] [--owner-url URL]", "Brings the database to this program's schema.",
      command_migrate },
    { "tenant", .words = "Works on tenants.", .verbs = tenant_verbs },
    { "fleet", .words = "Brings the databases of all tenants to the schema.", .verbs = fleet_verbs },
    { "domain", .words = "Works on tenants' domains.", .verbs = domain_verbs },
    { "host", .words = "Works on the hosts of the tenants' databases.", .verbs = host_verbs },
    { "provider", .words = "Works on the identity providers of staff.", .verbs = provider_verbs },
    { "events", "[--since POSITION]", "Follows what happens, a line each; --json gives each as an object.",
      command_events },
    { "admin", .words = "Works on NIDIA's own people.", .verbs = admin_verbs },
    { "session", .words = "Works on where people are signed in.", .verbs = session_verbs },
    { "api-key", .words = "Works on the API keys of machines.", .verbs = api_key_verbs },
    { "key", .words = "Works on the key ring; PURPOSE: seal|pepper|sign|cookie.", .verbs = key_verbs },
    { "seed", "--demo N", "Makes N demo tenants with users, always the same ones.", command_seed },
    { "doctor", "[--owner-url URL]", "Checks keys, schema, indexes, orphans, clock and disk.",
      command_doctor },
    { "config", "", "Prints each option with its source.", command_config },
    { "openapi", "", "Prints the API's OpenAPI document.", command_openapi },
    { "version", "", "Prints this program's version.", command_version },
    { "help", "[COMMAND]", "Prints this, or what a command takes.", command_help },
    {},
};

static const struct command *find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static void print_taken(FILE *file, const char *takes)
{
    fprintf(file, "%s%s\n", *takes ? " " : "", takes);
}

/* "tenant list|show|…", or what it takes. */
static void print_command(FILE *file, const struct command *command)
{
    fprintf(file, "%s", command->name);
    for (const struct verb *verb = command->verbs; verb && verb->name; verb++)
        fprintf(file, "%c%s", verb == command->verbs ? ' ' : '|', verb->name);
    print_taken(file, command->verbs ? "" : command->takes);
}

static void print_verb(const struct command *command, const struct verb *verb)
{
    printf("  nidia %s %s", command->name, verb->name);
    print_taken(stdout, verb->takes);
    printf("      %s\n", verb->words);
}

static const struct verb *find_verb(const struct command *command, const char *name)
{
    for (const struct verb *verb = command->verbs; verb && verb->name; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

/* With a command, or with the one verb of it that is named behind it. */
static int help_with(const struct command *command, int count, char **names)
{
    const struct verb *only = count > 0 ? find_verb(command, names[0]) : NULL;
    if (only) {
        print_verb(command, only);
        return EXIT_DONE;
    }
    printf("nidia ");
    print_command(stdout, command);
    puts(command->words);
    for (const struct verb *verb = command->verbs; verb && verb->name; verb++) {
        putchar('\n');
        print_verb(command, verb);
    }
    return EXIT_DONE;
}

int command_help(struct invocation *invocation)
{
    const struct command *only = invocation->count > 0 ? find(invocation->arguments[0]) : NULL;
    if (invocation->count > 0 && !only)
        return invocation_misused(invocation, "there is no such command");
    if (only)
        return help_with(only, invocation->count - 1, invocation->arguments + 1);
    puts("NIDIA Flow SuperAdmin: the control plane of a SaaS whose every customer has a database of its "
         "own.\n");
    for (const struct command *command = commands; command->name; command++) {
        printf("  nidia ");
        print_command(stdout, command);
        printf("      %s\n", command->words);
    }
    puts("\nEvery command takes --json, and these options (also as NIDIA_NAME or in nidia.ini):");
    for (int i = 0; i < OPTION_COUNT; i++)
        printf("  --%-20s %s\n", option_words[i].name, option_words[i].words);
    return EXIT_DONE;
}

static int run_verb(struct invocation *invocation)
{
    const struct command *command = invocation->command;
    invocation->verb = invocation->count > 0 ? find_verb(command, invocation->arguments[0]) : NULL;
    if (!invocation->verb) {
        fputs("nidia: ", stderr);
        print_command(stderr, command);
        return EXIT_USAGE;
    }
    invocation->arguments++;
    invocation->count--;
    return invocation->verb->run(invocation);
}

static int run(struct invocation *invocation)
{
    struct error error = {};
    if (invocation_take_flag(invocation, "--help"))
        return help_with(invocation->command, invocation->count, invocation->arguments);
    if (!options_read(&invocation->options, invocation->arena, &invocation->count, invocation->arguments,
                      &error))
        return invocation_misused(invocation, error.about);
    enum log_level level;
    if (!log_level_named(text_from(option_string(&invocation->options, OPTION_log_level)), &level))
        return invocation_misused(invocation, "log_level is debug, info, warning or error");
    log_set_level(level);
    invocation->as_json = invocation_take_flag(invocation, "--json");
    int code = invocation->command->verbs ? run_verb(invocation) : invocation->command->run(invocation);
    app_close(invocation->app);
    return code;
}

int main(int argc, char **argv)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct invocation invocation = { .arena = arena,
                                     .count = argc > 2 ? argc - 2 : 0,
                                     .arguments = argv + 2 };
    const char *name = argc > 1 ? argv[1] : "help";
    bool is_asked = strcmp(name, "--help") == 0 || strcmp(name, "--version") == 0;
    const struct command *command = find(is_asked ? name + 2 : name);
    if (!command)
        return invocation_misused(&invocation, "there is no such command; see nidia help");
    if (command->run == command_serve)
        app_prepare_signals();
    invocation.command = command;
    return run(&invocation);
}
