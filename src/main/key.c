/* `nidia key …`: the key ring, as a file of this machine. A server that runs follows at SIGHUP. */
#include "base/clock.h"
#include "crypto/keyring_change.h"
#include "main/print.h"
#include <stdio.h>

static const char usage[] =
    "key list | key add PURPOSE [ID] | key rotate PURPOSE [ID] | key retire PURPOSE ID [--lose]";

static const char *const shown[] = { "purpose", "id", "state", "replaced_at", "needed_by", NULL };

/* Beside a server that runs, reading alone. */
static bool look(struct invocation *invocation)
{
    struct error error = {};
    if (app_open(&invocation->app, &invocation->options, APP_LOOKS, NULL, &error))
        return true;
    invocation_failed(invocation, &error);
    return false;
}

static int list_keys(struct invocation *invocation)
{
    struct error error = {};
    struct buffer json = { .arena = invocation->arena };
    if (invocation->count != 0)
        return invocation_misused(invocation, usage);
    if (!look(invocation))
        return EXIT_FAILED;
    if (!app_list_keys(invocation->app, &json, &error))
        return invocation_failed(invocation, &error);
    print_rows(invocation, &(struct reply){ .body = json.text }, shown);
    return EXIT_DONE;
}

static bool take_change(struct invocation *invocation, enum key_step step, struct keyring_change *change)
{
    int least = step == KEY_RETIRED ? 2 : 1;
    *change = (struct keyring_change){ .step = step, .now = clock_now_ms() };
    if (invocation->count < least || invocation->count > 2
        || !key_purpose_named(text_from(invocation->arguments[0]), &change->purpose))
        return false;
    if (invocation->count == 2)
        change->id = text_from(invocation->arguments[1]);
    return invocation->count < 2 || change->id.length > 0;
}

static int change_ring(struct invocation *invocation, enum key_step step, const char *did)
{
    struct error error = {};
    struct keyring_change change;
    bool lose = step == KEY_RETIRED && invocation_take_flag(invocation, "--lose");
    if (!take_change(invocation, step, &change))
        return invocation_misused(invocation, usage);
    if (step == KEY_RETIRED && !lose) {
        if (!look(invocation))
            return EXIT_FAILED;
        if (!app_may_retire_key(invocation->app, &change, &error))
            return invocation_failed(invocation, &error);
    }
    if (!app_change_keyring(&invocation->options, &change, &error))
        return invocation_failed(invocation, &error);
    const char *purpose = key_purpose_names[change.purpose];
    printf(invocation->as_json ? "{\"purpose\":\"%s\",\"id\":\"%s\",\"state\":\"%s\"}\n"
                               : "The %s key %s is %s. A server that runs learns it by SIGHUP.\n",
           purpose, change.done_to, did);
    return EXIT_DONE;
}

int command_key(struct invocation *invocation)
{
    if (invocation_take_verb(invocation, "list"))
        return list_keys(invocation);
    if (invocation_take_verb(invocation, "add"))
        return change_ring(invocation, KEY_ADDED, "waiting");
    if (invocation_take_verb(invocation, "rotate"))
        return change_ring(invocation, KEY_MADE_CURRENT, "current");
    if (invocation_take_verb(invocation, "retire"))
        return change_ring(invocation, KEY_RETIRED, "retired");
    return invocation_misused(invocation, usage);
}
