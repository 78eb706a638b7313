#include "tenancy/doctor_places.h"
#include "crypto/seal.h"
#include "hosting/hosting.h"
#include "hosting/place.h"
#include "record/site.h"
#include <stdlib.h>

/* A tenant's row as far as it concerns its database. */
struct owner {
    struct text name, slug;
    bool must_have, may_have;
};

struct owners {
    struct owner *list; /* by name */
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return text_compare(((const struct owner *)a)->name, ((const struct owner *)b)->name);
}

/*
 * Who is provisioned and not gone must have a database. Who is being provisioned may have one; who is gone
 * may as long as the job that drops it is open.
 */
static bool read_owners(struct work *work, struct owners *owners)
{
    static const char sql[] =
        "SELECT t.db_name, t.slug, (t.provisioning_status = 'completed' AND t.deleted_at IS NULL), "
        "(t.deleted_at IS NULL OR EXISTS (SELECT 1 FROM jobs j WHERE j.tenant_id = t.id "
        "AND j.kind = 'delete_tenant' AND j.status IN ('queued', 'running'))) FROM tenants t";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS))
        return false;
    *owners =
        (struct owners){ arena_array(work->arena, struct owner, result.row_count + 1), result.row_count };
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        owners->list[i] =
            (struct owner){ row[0].text, row[1].text, cell_boolean(row[2]), cell_boolean(row[3]) };
    }
    qsort(owners->list, owners->count, sizeof *owners->list, compare);
    return true;
}

static const struct owner *owner_of(const struct owners *owners, struct text name)
{
    const struct owner key = { .name = name };
    return bsearch(&key, owners->list, owners->count, sizeof *owners->list, compare);
}

static int compare_names(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static void compare_places(struct examination *examination, const struct owners *owners,
                           struct place_list *places)
{
    for (size_t i = 0; i < places->count; i++) {
        const struct owner *owner = owner_of(owners, places->names[i]);
        if (!owner || !owner->may_have)
            finding_add(examination, "orphans", "no tenant owns the database %.*s",
                        TEXT_ARG(places->names[i]));
    }
    if (places->count > 0)
        qsort(places->names, places->count, sizeof *places->names, compare_names);
    for (size_t i = 0; i < owners->count; i++) {
        const struct owner *owner = &owners->list[i];
        bool has = places->count > 0
                && bsearch(&owner->name, places->names, places->count, sizeof *places->names, compare_names);
        if (owner->must_have && !has)
            finding_add(examination, "orphans", "tenant %.*s has no database", TEXT_ARG(owner->slug));
    }
}

bool look_at_places(struct examination *examination)
{
    struct hosting_call call = hosting_call_of(examination->work);
    struct owners owners;
    struct place_list databases, roles;
    if (!read_owners(examination->work, &owners) || !hosting_list_databases(&call, &databases)
        || !hosting_list_roles(&call, &roles))
        return false;
    compare_places(examination, &owners, &databases);
    for (size_t i = 0; i < roles.count; i++) {
        const struct owner *owner = owner_of(&owners, roles.names[i]);
        if (!owner || !owner->may_have)
            finding_add(examination, "orphans", "no tenant owns the role %.*s", TEXT_ARG(roles.names[i]));
    }
    return true;
}

bool look_at_passwords(struct examination *examination)
{
    struct work *work = examination->work;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT id, slug, db_password_encrypted FROM tenants WHERE deleted_at IS NULL "
                "AND db_password_encrypted IS NOT NULL",
                NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        struct error why = {};
        struct text password;
        if (!unseal(work->arena, work->site->keyring, row[2].text, password_place(work->arena, row[0].text),
                    &password, &why))
            finding_add(examination, "keys", "no key opens the database password of tenant %.*s",
                        TEXT_ARG(row[1].text));
    }
    return true;
}

bool look_at_walls(struct examination *examination)
{
    struct hosting_call call = hosting_call_of(examination->work);
    struct text found;
    if (!hosting_find_weaknesses(&call, &found))
        return false;
    while (found.length > 0) {
        struct text line = text_cut(&found, '\n');
        finding_add(examination, "walls", "%.*s", TEXT_ARG(line));
    }
    return true;
}
