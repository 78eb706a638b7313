#include "base/log.h"
#include "main/command.h"
#include <stdio.h>
#include <string.h>

const struct command commands[] = {
    { "serve", "serve [--data DIR] [--listen HOST:PORT] [--database URL]",
      "Serves the API until SIGTERM; SIGHUP starts it anew.", command_serve },
    { "migrate", "migrate [--dry-run] [--owner-url URL]", "Brings the database to this program's schema.",
      command_migrate },
    { "tenant", "tenant list|show|create|suspend|delete|backup|restore|clone|move|usage …",
      "Works on tenants.", command_tenant },
    { "fleet",
      "fleet migrate [--dry-run] [--canary N] [--parallel N] [--budget N] | fleet status|resume|halt|drift",
      "Brings the databases of all tenants to the schema.", command_fleet },
    { "domain", "domain list|add|verify|primary|check|remove …", "Works on tenants' domains.",
      command_domain },
    { "host", "host list|show|add|set-admin|drain|activate|offline|restore|check|remove …",
      "Works on the hosts of the tenants' databases.", command_host },
    { "provider", "provider list|show|add|set-secret|enable|disable|check|remove …",
      "Works on the identity providers of staff.", command_provider },
    { "events", "events [--since POSITION]",
      "Follows what happens, a line each; --json gives each as an object.", command_events },
    { "admin",
      "admin create EMAIL ROLE [--invite] | admin list | admin "
      "invite|reset-password|reset-second-factors|lock|unlock|end-sessions EMAIL",
      "Works on NIDIA's own people.", command_admin },
    { "session", "session list [EMAIL] | session end ID", "Works on where people are signed in.",
      command_session },
    { "api-key", "api-key create NAME --scopes SCOPES | api-key list | api-key rotate|revoke ID",
      "Works on the API keys of machines.", command_api_key },
    { "key", "key list | key add PURPOSE [ID] | key rotate PURPOSE [ID] | key retire PURPOSE ID [--lose]",
      "Works on the key ring; PURPOSE: seal|pepper|sign|cookie.", command_key },
    { "seed", "seed --demo N", "Makes N demo tenants with users, always the same ones.", command_seed },
    { "doctor", "doctor", "Checks keys, schema, indexes, orphans, clock and disk.", command_doctor },
    { "config", "config", "Prints each option with its source.", command_config },
    { "openapi", "openapi", "Prints the API's OpenAPI document.", command_openapi },
    { "version", "version", "Prints this program's version.", command_version },
    { "help", "help [COMMAND]", "Prints this, or what a command takes.", command_help },
    {},
};

static const struct command *find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

int command_help(struct invocation *invocation)
{
    const struct command *only = invocation->count > 0 ? find(invocation->arguments[0]) : NULL;
    if (invocation->count > 0 && !only)
        return invocation_misused(invocation, "there is no such command");
    if (only) {
        printf("nidia %s\n%s\n", only->usage, only->words);
        return EXIT_DONE;
    }
    puts("NIDIA Flow SuperAdmin: the control plane of a SaaS whose every customer has a database of its "
         "own.\n");
    for (const struct command *command = commands; command->name; command++)
        printf("  nidia %-70s %s\n", command->usage, command->words);
    puts("\nEvery command takes --json, and these options (also as NIDIA_NAME or in nidia.ini):");
    for (int i = 0; i < OPTION_COUNT; i++)
        printf("  --%-20s %s\n", option_words[i].name, option_words[i].words);
    return EXIT_DONE;
}

static int run(const struct command *command, struct invocation *invocation)
{
    struct error error = {};
    if (!options_read(&invocation->options, invocation->arena, &invocation->count, invocation->arguments,
                      &error))
        return invocation_misused(invocation, error.about);
    enum log_level level;
    if (!log_level_named(text_from(option_string(&invocation->options, OPTION_log_level)), &level))
        return invocation_misused(invocation, "log_level is debug, info, warning or error");
    log_set_level(level);
    invocation->as_json = invocation_take_flag(invocation, "--json");
    int code = command->run(invocation);
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
    return run(command, &invocation);
}
