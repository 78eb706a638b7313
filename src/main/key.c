/* `nidia key …`: the key ring, as a file of this machine. A server that runs follows at SIGHUP. */
#include "base/clock.h"
#include "crypto/keyring_change.h"
#include "main/print.h"
#include <stdio.h>

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
    if (!invocation_takes_none(invocation))
        return EXIT_USAGE;
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

struct change {
    enum key_step step;
    const char *did;
};

static int change_ring(struct invocation *invocation)
{
    const struct change *how = invocation->verb->how;
    enum key_step step = how->step;
    struct error error = {};
    struct keyring_change change;
    bool lose = step == KEY_RETIRED && invocation_take_flag(invocation, "--lose");
    if (!take_change(invocation, step, &change))
        return invocation_say_usage(invocation);
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
           purpose, change.done_to, how->did);
    return EXIT_DONE;
}

static const struct change added = { KEY_ADDED, "waiting" }, rotated = { KEY_MADE_CURRENT, "current" };
static const struct change retired = { KEY_RETIRED, "retired" };

/* clang-format off */
const struct verb key_verbs[] = {
    { "list", "", "Lists the keys, and what needs each.", list_keys },
    { "add", "PURPOSE [ID]", "Makes a key that waits for its turn.", change_ring, &added },
    { "rotate", "PURPOSE [ID]", "Makes the key that waits, or a new one, the one that is used.", change_ring, &rotated },
    { "retire", "PURPOSE ID [--lose]", "Takes a key away that nothing needs; --lose: even though.", change_ring, &retired },
    {},
};
/* clang-format on */
