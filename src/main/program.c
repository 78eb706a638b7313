/* The commands about the program itself: serve, migrate, seed, doctor, config, openapi, version. */
#include "main/command.h"
#include "record/migrate.h"
#include "sql/driver.h"
#include "tenancy/tenancy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void announce(struct text announced)
{
    printf("%.*s", TEXT_ARG(announced));
    fflush(stdout);
}

int command_serve(struct invocation *invocation)
{
    struct error error = {};
    if (!invocation_takes_none(invocation))
        return EXIT_USAGE;
    return app_run(&invocation->options, announce, &error) ? EXIT_DONE
                                                           : invocation_failed(invocation, &error);
}

int command_config(struct invocation *invocation)
{
    struct buffer out = { .arena = invocation->arena };
    if (!invocation_takes_none(invocation))
        return EXIT_USAGE;
    options_print(&invocation->options, invocation->arena, invocation->as_json, &out);
    printf("%.*s", TEXT_ARG(out.text));
    return EXIT_DONE;
}

int command_version(struct invocation *invocation)
{
    if (!invocation_takes_none(invocation))
        return EXIT_USAGE;
    printf(invocation->as_json ? "{\"version\":\"%s\"}\n" : "nidia %s\n", NIDIA_VERSION);
    return EXIT_DONE;
}

int command_openapi(struct invocation *invocation)
{
    if (!invocation_takes_none(invocation))
        return EXIT_USAGE;
    printf("%.*s\n", TEXT_ARG(app_openapi(invocation->arena)));
    return EXIT_DONE;
}

static void print_plan(const struct migration *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        printf("%.*s\n    %.*s\n", TEXT_ARG(plan->steps[i].what), TEXT_ARG(plan->steps[i].sql));
    if (plan->count == 0)
        puts("The database is up to date.");
    if (plan->refused.length > 0)
        printf("Refused, since it would lose data:\n%.*s\n", TEXT_ARG(plan->refused));
}

static int plan_migration(struct invocation *invocation)
{
    struct error error = {};
    struct migration plan;
    struct db *db;
    if (!app_open(&invocation->app, &invocation->options, APP_LOOKS, NULL, &error)
        || !app_connect_owner(invocation->app, &db, &error))
        return invocation_failed(invocation, &error);
    bool planned = migrate_plan(db, invocation->arena, &plan, &error);
    db_close(db);
    if (!planned)
        return invocation_failed(invocation, &error);
    print_plan(&plan);
    return plan.refused.length > 0 ? EXIT_FAILED : EXIT_DONE;
}

static bool migrate(struct invocation *invocation, size_t *steps, struct error *error)
{
    struct db *owner;
    if (!app_open(&invocation->app, &invocation->options, APP_MIGRATES, NULL, error)
        || !app_connect_owner(invocation->app, &owner, error))
        return false;
    bool done = app_migrate(invocation->app, owner, steps, error);
    db_close(owner);
    return done;
}

int command_migrate(struct invocation *invocation)
{
    struct error error = {};
    size_t steps;
    bool dry_run = invocation_take_flag(invocation, "--dry-run");
    if (!invocation_takes_none(invocation))
        return EXIT_USAGE;
    if (dry_run)
        return plan_migration(invocation);
    if (!migrate(invocation, &steps, &error))
        return invocation_failed(invocation, &error);
    printf(invocation->as_json ? "{\"steps\":%zu}\n" : "%zu steps taken.\n", steps);
    return EXIT_DONE;
}

static int make_demo(struct invocation *invocation, int count)
{
    struct error error = {};
    struct buffer announced = { .arena = invocation->arena };
    size_t made;
    if (!app_open(&invocation->app, &invocation->options, APP_COMMANDS, &announced, &error))
        return invocation_failed(invocation, &error);
    printf("%.*s", TEXT_ARG(announced.text));
    if (!app_seed_demo(invocation->app, count, &made, &error))
        return invocation_failed(invocation, &error);
    printf(invocation->as_json ? "{\"made\":%zu}\n" : "%zu tenants made.\n", made);
    return EXIT_DONE;
}

int command_seed(struct invocation *invocation)
{
    const char *demo = invocation_take(invocation, "--demo");
    int64_t count;
    if (!demo || !text_to_integer(text_from(demo), &count) || count < 1 || count > SEED_DEMO_MAX)
        return invocation_misused(
            invocation, arena_format(invocation->arena, "seed --demo N, from 1 to %d", SEED_DEMO_MAX).data);
    return invocation_takes_none(invocation) ? make_demo(invocation, (int)count) : EXIT_USAGE;
}

int command_doctor(struct invocation *invocation)
{
    struct error error = {};
    struct buffer findings = { .arena = invocation->arena };
    size_t count;
    if (!invocation_takes_none(invocation))
        return EXIT_USAGE;
    if (!app_open(&invocation->app, &invocation->options, APP_LOOKS, NULL, &error)
        || !app_doctor(invocation->app, invocation->as_json, &findings, &count, &error))
        return invocation_failed(invocation, &error);
    printf("%.*s", TEXT_ARG(findings.text));
    return count == 0 ? EXIT_DONE : EXIT_FAILED;
}
