/* Answered from memory, for the product's servers: whose request is this, what may that tenant do, and may it
 * have a certificate? */
#include "directory/directory.h"
#include "api/call.h"
#include "api/route.h"
#include "base/random.h"
#include "directory/lease.h"
#include "identity/claims.h"
#include "model/model.h"
#include "record/site.h"
#include "record/sql_text.h"
#include "settings/options.h"

/* Inside a reader's brackets. A key for tenants knows no other. */
static const struct directory_entry *admit(struct call *call, const struct directory_entry *entry)
{
    const struct actor *actor = &call->work.actor;
    if (entry && wall_admits(actor, directory_entry_part(entry, ENTRY_id)))
        return entry;
    (void)fail(&call->work.error, ERROR_not_found, "tenant");
    return NULL;
}

/* "acme.app.example.com" where tenants live below app.example.com: acme. Else empty. */
static struct text slug_of_host(const struct call *call, struct text name)
{
    struct text base = text_from(option_string(call->work.site->options, OPTION_tenant_domain));
    bool is_below = base.length > 0 && name.length > base.length + 1
                 && name.data[name.length - base.length - 1] == '.'
                 && text_equal_blind(text_slice(name, name.length - base.length, name.length), base);
    return is_below ? text_slice(name, 0, name.length - base.length - 1) : TEXT("");
}

static const struct directory_entry *find_host(struct call *call, struct text host)
{
    struct directory *directory = call->work.site->directory;
    char buffer[HOST_NAME_MAX_BYTES];
    struct text name = directory_host_name(host, buffer), slug = slug_of_host(call, name);
    if (slug.length > 0)
        return admit(call, directory_find(directory, ENTRY_slug, slug));
    const struct directory_entry *entry = directory_find_host(directory, name);
    return admit(call, entry && service_rules_of(entry->terms->level)->is_found ? entry : NULL);
}

enum { ASKED_slug, ASKED_host };

static bool answer_resolution(struct call *call, const struct directory_entry *entry)
{
    answer_text(call, directory_entry_part(entry, ENTRY_resolved));
    buffer_add(&call->response->body, terms_part(entry->terms, TERMS_resolved));
    buffer_add(&call->response->body, offer_part(entry->offer, OFFER_resolved));
    return true;
}

static bool resolve(struct call *call)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(call->work.site->directory);
    struct text slug = call->queried[ASKED_slug], host = call->queried[ASKED_host];
    if ((slug.length > 0) == (host.length > 0)) {
        (void)fail(&call->work.error, ERROR_invalid_query, "");
        return fail_at(&call->work.error, slug.length > 0 ? "host" : "slug",
                       slug.length > 0 ? ERROR_given_twice : ERROR_required, "");
    }
    const struct directory_entry *entry =
        host.length > 0 ? find_host(call, host)
                        : admit(call, directory_find(call->work.site->directory, ENTRY_slug, slug));
    return entry && answer_resolution(call, entry);
}

/* A certificate is worth having for whoever is served at all. */
static bool ask_for_certificate(struct call *call)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(call->work.site->directory);
    const struct directory_entry *entry = find_host(call, call->queried[0]);
    if (entry && !service_rules_of(entry->terms->level)->is_found)
        return fail(&call->work.error, ERROR_not_found, "tenant");
    return entry && answer_nothing(call);
}

/* What the entry says, as the members of the answer. */
static void read_entitlement(const struct directory_entry *entry, int64_t now, struct entitlement *answer)
{
    const struct directory_terms *terms = entry->terms;
    *answer = (struct entitlement){
        .id = value_text(directory_entry_part(entry, ENTRY_id)),
        .status = value_text(terms_part(terms, TERMS_plan_status)),
        .service_level = value_text(service_level_choices.texts[terms->level]),
        .service_level_reason = value_text_or_null(terms_part(terms, TERMS_level_reason)),
        .service_level_until = terms->level_until > 0 ? value_time(terms->level_until) : value_null(),
        .service_level_next = value_text_or_null(terms_part(terms, TERMS_level_next)),
        .is_active = value_boolean(terms->is_active),
        .plan_type = value_text(terms_part(terms, TERMS_plan_type)),
        .modules = value_text(offer_part(entry->offer, OFFER_modules)),
        .submodules = value_text(offer_part(entry->offer, OFFER_submodules)),
        .features = value_text(offer_part(entry->offer, OFFER_features)),
        .flags = value_text(offer_part(entry->offer, OFFER_flags)),
        .lease_epoch = value_integer(entry->lease_epoch),
        .version = value_integer(entry->revision),
    };
    int64_t used[LIMIT_COUNT];
    const struct use_moment moment = directory_entry_moment(entry, now);
    tenant_use_read(entry->use, &moment, used);
    for (enum tenant_limit limit = 0; limit < LIMIT_COUNT; limit++) {
        answer->cells[tenant_limits[limit].of_entitlement - 1] = value_integer(terms->limits[limit]);
        answer->cells[tenant_limits[limit].used_of_entitlement - 1] = value_integer(used[limit]);
    }
}

const struct directory_entry *call_find_tenant(struct call *call)
{
    enum entry_part key = text_is_uuid(call->parameters[0]) ? ENTRY_id : ENTRY_slug;
    return admit(call, directory_find(call->work.site->directory, key, call->parameters[0]));
}

static bool entitlements(struct call *call)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(call->work.site->directory);
    const struct directory_entry *entry = call_find_tenant(call);
    if (!entry)
        return false;
    struct entitlement answer;
    read_entitlement(entry, call->work.now, &answer);
    return answer_shape(call, &entitlements_table, answer.cells);
}

static bool lease(struct call *call)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(call->work.site->directory);
    const struct directory_entry *entry = call_find_tenant(call);
    if (!entry)
        return false;
    struct entitlement entitlement;
    read_entitlement(entry, call->work.now, &entitlement);
    int64_t expires_in;
    struct text token = lease_sign(&call->work, &entitlement, claims_issuer(call->work.site), &expires_in);
    const struct lease answer = {
        .lease = value_text(token),
        .expires_in = value_integer(expires_in),
        .lease_epoch = entitlement.lease_epoch,
    };
    return answer_shape(call, &leases_table, answer.cells);
}

static const struct query_parameter by_name[] = {
    [ASKED_slug] = { "slug", TYPE_slug, .doc = "The tenant's name in URLs: this or the host." },
    [ASKED_host] = { "host", TYPE_text, .doc = "A verified domain of the tenant's, as a request names it." },
    {},
};
static const struct query_parameter by_domain[] = {
    { "domain", TYPE_text, .required = true, .doc = "The name that a client asks a certificate of." },
    {},
};

const struct route directory_routes[] = {
    { METHOD_GET, "/resolve", "resolve", COST_MEMORY, MACHINE | SUPER_ADMIN, .scope = "directory",
      .handle = resolve, .gives = &resolutions_table, .how = GIVES_ROW, .parameters = by_name,
      .codes = { ERROR_not_found, ERROR_invalid_query },
      .doc = "Whose request this is, and where that tenant's database lives." },
    { METHOD_GET, "/tls/ask", "ask_for_certificate", COST_MEMORY, MACHINE | SUPER_ADMIN, .scope = "directory",
      .handle = ask_for_certificate, .status = 200, .internal = true, .parameters = by_domain,
      .codes = { ERROR_not_found, ERROR_invalid_query },
      .doc = "May a proxy get a certificate for this name? For those that issue them on demand." },
    { METHOD_GET, "/tenants/{id}/entitlements", "get_entitlements", COST_MEMORY, MACHINE | SUPER_ADMIN,
      .scope = "directory", .handle = entitlements, .gives = &entitlements_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found }, .doc = "What a tenant may use, and how much of it is used." },
    { METHOD_GET, "/tenants/{id}/lease", "get_lease", COST_MEMORY, MACHINE | SUPER_ADMIN,
      .scope = "directory", .handle = lease, .gives = &leases_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found },
      .doc = "The same, signed and good for a while: with it a product server works on without us." },
    {},
};
