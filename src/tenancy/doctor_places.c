#include "hosting/hosting.h"
#include "record/key_use.h"
#include "tenancy/doctor_parts.h"
#include <stdlib.h>

/* A tenant's row as far as it concerns its database. */
struct owner {
    struct text host_id, name, slug;
    bool must_have, may_have;
};

struct owners {
    struct owner *list; /* by host and name */
    size_t count;
};

static int compare(const void *a, const void *b)
{
    const struct owner *left = a, *right = b;
    int by_host = text_compare(left->host_id, right->host_id);
    return by_host ? by_host : text_compare(left->name, right->name);
}

/*
 * Who is provisioned and not gone must have a database. Who is being provisioned may have one; who is gone
 * may as long as the job that drops it is open. A move has another place beside: the one that it fills, then
 * the one that it left.
 */
static bool read_owners(struct work *work, struct owners *owners)
{
    static const char sql[] =
        "SELECT t.database_host_id, t.db_name, t.slug, "
        "(t.provisioning_status = 'completed' AND t.deleted_at IS NULL), "
        "(t.deleted_at IS NULL OR EXISTS (SELECT 1 FROM jobs j WHERE j.tenant_id = t.id "
        "AND j.kind = 'delete_tenant' AND j.status IN ('queued', 'running'))) FROM tenants t "
        "WHERE t.database_host_id IS NOT NULL "
        "UNION ALL SELECT m.from_host_id, m.from_name, t.slug, FALSE, TRUE FROM tenant_moves m "
        "JOIN tenants t ON t.id = m.tenant_id WHERE m.status IN ('completed', 'dropping') "
        "AND m.completed_at IS NOT NULL AND m.from_host_id IS NOT NULL "
        "UNION ALL SELECT m.to_host_id, m.to_name, t.slug, FALSE, TRUE FROM tenant_moves m "
        "JOIN tenants t ON t.id = m.tenant_id WHERE m.status IN ('running', 'failed', 'dropping') "
        "AND m.completed_at IS NULL AND m.to_host_id IS NOT NULL "
        "UNION ALL SELECT database_host_id, db_name, 'of the pool', status = 'ready', TRUE "
        "FROM pooled_databases";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS))
        return false;
    *owners =
        (struct owners){ arena_array(work->arena, struct owner, result.row_count + 1), result.row_count };
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        owners->list[i] = (struct owner){ row[0].text, row[1].text, row[2].text, cell_boolean(row[3]),
                                          cell_boolean(row[4]) };
    }
    qsort(owners->list, owners->count, sizeof *owners->list, compare);
    return true;
}

static bool may_have(const struct owners *owners, struct text host_id, struct text name)
{
    const struct owner key = { .host_id = host_id, .name = name };
    const struct owner *owner = bsearch(&key, owners->list, owners->count, sizeof key, compare);
    return owner && owner->may_have;
}

static int compare_names(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static void find_missing(struct examination *examination, const struct owners *owners, struct text host_id,
                         struct place_list *places)
{
    if (places->count > 0)
        qsort(places->names, places->count, sizeof *places->names, compare_names);
    for (size_t i = 0; i < owners->count; i++) {
        const struct owner *owner = &owners->list[i];
        bool has = places->count > 0
                && bsearch(&owner->name, places->names, places->count, sizeof *places->names, compare_names);
        if (owner->must_have && !has && text_equal(owner->host_id, host_id))
            finding_add(examination, "orphans", "tenant %.*s has no database", TEXT_ARG(owner->slug));
    }
}

/* What each host has and has not; one that cannot be reached is told, and the others are looked at. */
static void look_at_host(struct examination *examination, const struct owners *owners, struct text host_id,
                         struct text host_name)
{
    struct error why = {};
    struct hosting_call call = hosting_call_of(examination->work);
    struct place_list databases, roles;
    call.error = &why;
    if (!hosting_list_databases(&call, host_id, &databases) || !hosting_list_roles(&call, host_id, &roles)) {
        finding_add(examination, "hosts", "%.*s cannot be asked: %s", TEXT_ARG(host_name), why.about);
        return;
    }
    for (size_t i = 0; i < databases.count; i++)
        if (!may_have(owners, host_id, databases.names[i]))
            finding_add(examination, "orphans", "no tenant owns the database %.*s on host %.*s",
                        TEXT_ARG(databases.names[i]), TEXT_ARG(host_name));
    for (size_t i = 0; i < roles.count; i++)
        if (!may_have(owners, host_id, roles.names[i]))
            finding_add(examination, "orphans", "no tenant owns the role %.*s on host %.*s",
                        TEXT_ARG(roles.names[i]), TEXT_ARG(host_name));
    find_missing(examination, owners, host_id, &databases);
}

static bool read_hosts(struct work *work, struct result *hosts)
{
    return db_run(work->db, work->arena, hosts, &work->error,
                  "SELECT id, name FROM database_hosts ORDER BY name", NO_PARAMETERS);
}

bool look_at_places(struct examination *examination)
{
    struct owners owners;
    struct result hosts;
    if (!read_owners(examination->work, &owners) || !read_hosts(examination->work, &hosts))
        return false;
    for (size_t i = 0; i < hosts.row_count; i++) {
        const struct value *host = result_row(&hosts, i);
        look_at_host(examination, &owners, host[0].text, host[1].text);
    }
    return true;
}

bool look_at_keys(struct examination *examination)
{
    struct key_uses uses;
    if (!key_uses_read(examination->work, KEYS_TRIED, &uses))
        return false;
    for (size_t i = 0; i < uses.count; i++) {
        const struct key_use *use = &uses.list[i];
        if (use->closed > 0)
            finding_add(examination, "keys", "no key opens %lld of %s, which are under the %s key %s%s%s%s",
                        (long long)use->closed, use->what, key_purpose_names[use->purpose], use->key_id,
                        use->is_lost ? " that the ring has not" : "", use->closed_id[0] ? "; one is " : "",
                        use->closed_id);
    }
    return true;
}

static void look_at_walls_of(struct examination *examination, struct text host_id, struct text host_name)
{
    struct error ignored = {}; /* a host that cannot be asked has been told */
    struct hosting_call call = hosting_call_of(examination->work);
    struct text found;
    call.error = &ignored;
    if (!hosting_find_weaknesses(&call, host_id, &found))
        return;
    while (found.length > 0) {
        struct text line = text_cut(&found, '\n');
        finding_add(examination, "walls", "on host %.*s: %.*s", TEXT_ARG(host_name), TEXT_ARG(line));
    }
}

bool look_at_walls(struct examination *examination)
{
    struct result hosts;
    if (!read_hosts(examination->work, &hosts))
        return false;
    for (size_t i = 0; i < hosts.row_count; i++) {
        const struct value *host = result_row(&hosts, i);
        look_at_walls_of(examination, host[0].text, host[1].text);
    }
    return true;
}
