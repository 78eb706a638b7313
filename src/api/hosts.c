/* What can be done to a host of databases beyond reading and editing it. */
#include "api/route.h"
#include "hosting/host_health.h"
#include "hosting/host_trial.h"
#include "record/store.h"

static bool set_status(struct call *call, enum host_status status)
{
    struct database_host host, after;
    return store_find_locked(&call->work, &database_hosts_table, call->parameters[0], host.cells)
        && host_set_status(&call->work, &host, status, &after)
        && answer_row(call, &database_hosts_table, after.cells);
}

static bool activate(struct call *call)
{
    return set_status(call, host_status_active);
}

static bool drain(struct call *call)
{
    return set_status(call, host_status_draining);
}

static bool take_offline(struct call *call)
{
    return set_status(call, host_status_offline);
}

static bool check(struct call *call)
{
    struct database_host host;
    return store_find(&call->work, &database_hosts_table, call->parameters[0], host.cells)
        && host_check(&call->work, &host) && answer_row(call, &database_hosts_table, host.cells);
}

static bool set_administrator(struct call *call)
{
    struct database_host host;
    const struct host_administrator *body = (const struct host_administrator *)call->taken;
    return store_find(&call->work, &database_hosts_table, call->parameters[0], host.cells)
        && host_set_administrator(&call->work, &host, body->admin_url.text)
        && answer_row(call, &database_hosts_table, host.cells);
}

#define TURNS(verb, function, words)                                                                         \
    {                                                                                                        \
        METHOD_POST, "/database_hosts/{id}/" verb, verb "_database_host", COST_WRITE, SUPER_ADMIN,           \
            .handle = function, .gives = &database_hosts_table, .how = GIVES_ROW,                            \
            .codes = { ERROR_not_found }, .doc = words                                                       \
    }

const struct route host_routes[] = {
    TURNS("activate", activate, "Let a host take new databases."),
    TURNS("drain", drain, "Let a host take no new databases, and empty its pool; what is on it stays."),
    TURNS("take_offline", take_offline,
          "Let a host be: it takes no new databases and is not asked whether it works."),
    { METHOD_POST, "/database_hosts/{id}/set_administrator", "set_database_host_administrator", COST_SLOW,
      SUPER_ADMIN, .handle = set_administrator, .takes = &host_administrators_table,
      .gives = &database_hosts_table, .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_conflict, ERROR_invalid_body, ERROR_changed_meanwhile },
      .doc = "Sign in to a host's server another way from now on: tried first, and refused where the host's "
             "databases are not there." },
    { METHOD_POST, "/database_hosts/{id}/check", "check_database_host", COST_SLOW, SUPER_ADMIN,
      .handle = check, .gives = &database_hosts_table, .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_changed_meanwhile },
      .doc = "Ask a host whether it works, and write down what it says." },
    {},
};
