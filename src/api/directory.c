/* For the product's servers, answered from memory: whose request is this, and what may that tenant do? */
#include "directory/directory.h"
#include "api/route.h"
#include "base/random.h"
#include "model/model.h"
#include "record/site.h"

/* Inside a reader's brackets. A key that is bound to a tenant knows no other. */
static const struct directory_entry *find(struct call *call, enum entry_part key, struct text text)
{
    const struct actor *actor = &call->work.actor;
    const struct directory_entry *entry = directory_find(call->work.site->directory, key, text);
    bool is_foreign = entry && actor->tenant_id.length > 0
                   && !text_equal(actor->tenant_id, directory_entry_part(entry, ENTRY_id));
    if (entry && !is_foreign)
        return entry;
    (void)fail(&call->work.error, ERROR_not_found, "tenant");
    return NULL;
}

static bool resolve(struct call *call)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(call->work.site->directory);
    const struct directory_entry *entry = find(call, ENTRY_slug, call->queried[0]);
    return entry && answer_text(call, directory_entry_part(entry, ENTRY_resolved));
}

static struct value part(const struct directory_entry *entry, enum entry_part part)
{
    return value_text(directory_entry_part(entry, part));
}

static bool entitlements(struct call *call)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(call->work.site->directory);
    enum entry_part key = text_is_uuid(call->parameters[0]) ? ENTRY_id : ENTRY_slug;
    const struct directory_entry *entry = find(call, key, call->parameters[0]);
    if (!entry)
        return false;
    struct entitlement answer = {
        .id = part(entry, ENTRY_id),
        .status = part(entry, ENTRY_plan_status),
        .service_level = part(entry, ENTRY_service_level),
        .is_active = value_boolean(entry->is_active),
        .plan_type = part(entry, ENTRY_plan_type),
        .modules = part(entry, ENTRY_modules),
        .features = part(entry, ENTRY_features),
        .version = value_integer(entry->revision),
    };
    for (enum tenant_limit limit = 0; limit < LIMIT_COUNT; limit++) {
        answer.cells[tenant_limits[limit].of_entitlement - 1] = value_integer(entry->limits[limit]);
        answer.cells[tenant_limits[limit].used_of_entitlement - 1] =
            value_integer(tenant_use_of(entry->use, limit));
    }
    return answer_shape(call, &entitlements_table, answer.cells);
}

static const struct query_parameter by_slug[] = {
    { "slug", TYPE_slug, .required = true, .doc = "The tenant's name in URLs." },
    {},
};

const struct route directory_routes[] = {
    { METHOD_GET, "/resolve", "resolve", COST_MEMORY, MACHINE | SUPER_ADMIN, .scope = "directory",
      .handle = resolve, .gives = &resolutions_table, .how = GIVES_ROW, .parameters = by_slug,
      .codes = { ERROR_not_found, ERROR_invalid_query },
      .doc = "Whose request this is, and where that tenant's database lives." },
    { METHOD_GET, "/tenants/{id}/entitlements", "get_entitlements", COST_MEMORY, MACHINE | SUPER_ADMIN,
      .scope = "directory", .handle = entitlements, .gives = &entitlements_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found }, .doc = "What a tenant may use, and how much of it is used." },
    {},
};
