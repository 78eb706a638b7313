/* The one file that knows everyone: what each part exports, put together, a line each. */
#include "api/route.h"
#include "app/parts.h"
#include "copies/copies.h"
#include "copies/move.h"
#include "directory/directory_load.h"
#include "domains/domains.h"
#include "features/features.h"
#include "fleet/fleet.h"
#include "hosting/database_hosts.h"
#include "hosting/host_health.h"
#include "identity/identity.h"
#include "jobs/cleaning.h"
#include "letters/letter.h"
#include "record/audit.h"
#include "record/sealed_anew.h"
#include "record/service.h"
#include "record/subject.h"
#include "settings/settings.h"
#include "sso/provider.h"
#include "tenancy/tenancy.h"
#include "usage/usage.h"
#include <malloc.h>

/* clang-format off */
const struct route *const app_routes[] = {
    entry_routes,
    auth_routes,
    account_routes,
    factor_routes,
    passkey_routes,
    user_routes,
    impersonation_routes,
    key_routes,
    tenant_routes,
    copy_routes,
    domain_routes,
    sso_routes,
    directory_routes,
    event_routes,
    fleet_routes,
    host_routes,
    usage_routes,
    system_routes,
    NULL,
};

const struct service *const app_services[] = {
    identity_services,
    tenancy_services,
    domains_services,
    sso_services,
    fleet_services,
    hosting_services,
    definition_services,
    assignment_services,
    settings_services,
    audit_services,
    NULL,
};

const struct watcher *const app_watchers[] = {
    identity_watchers,
    directory_watchers,
    hosting_watchers,
    settings_watchers,
    subject_watchers,
    NULL,
};

/* Whose session or key was taken back loses the streams that it opened. */
enum stay app_may_stay(struct site *site, const struct actor *actor)
{
    static const enum stay stays[] = {
        [ACCESS_GRANTED] = STAY_GRANTED, [ACCESS_REFUSED] = STAY_REFUSED, [ACCESS_ASK] = STAY_UNKNOWN
    };
    return stays[access_again(site, actor)];
}

/* A job that looks at every tenant frees much at once, between pieces that stay: the allocator would keep it. */
static bool give_back_memory(struct work *)
{
    malloc_trim(0);
    return true;
}

/* What each node does for itself: it writes down when its keys and sessions were last used, seals anew what is
 * under a key that its ring puts behind another, and gives back memory. */
static const struct periodic node_periodics[] = {
    { .name = "sealed_anew", .every_seconds = 10, .each_node = true, .run = sealed_anew },
    { .name = "flush_last_use", .every_seconds = 60, .each_node = true, .run = access_flush_use },
    { .name = "give_back_memory", .every_seconds = 60, .each_node = true, .run = give_back_memory },
    {},
};

static const struct periodic identity_periodics[] = {
    { .name = "end_key_overlaps", .every_seconds = 60, .run = api_keys_end_overlaps },
    {},
};

const struct periodic *const app_periodics[] = {
    cleaning_periodics, usage_periodics,
    node_periodics,
    identity_periodics,
    domains_periodics,
    features_periodics,
    hosting_periodics,
    copies_periodics,
    move_periodics,
    NULL,
};

const struct job_program *const *const app_job_programs[] = {
    tenancy_job_programs,
    letters_job_programs,
    copies_job_programs,
    fleet_job_programs,
    NULL,
};
/* clang-format on */
