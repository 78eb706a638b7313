/*
 * What a tenant has of its own, from a day to a day. `is_current` says whether it is in force: set when it is
 * written, and turned by a periodic when its days begin and end. Whatever changes it raises the tenant's
 * revision, so that the directory takes the tenant's entry anew, here and on other nodes.
 */
#include "features/features.h"
#include "model/model.h"
#include "record/store.h"
#include "record/transact.h"
#include <assert.h>

enum { TURN_SECONDS = 5, TURNED_MAX = 100 }; /* a piece; the rest waits for the next */

/* Both tables are alike but for what they assign. */
struct kind {
    const struct table *table;
    const char *due;
};

#define DUE(table)                                                                                           \
    "SELECT id FROM " table " WHERE (is_current AND ends_at <= $1) OR (NOT is_current AND starts_at <= $1"   \
    " AND (ends_at IS NULL OR ends_at > $1)) ORDER BY id LIMIT $2"

static struct kind modules = { &module_tenant_assignments_table, DUE("module_tenant_assignments") };
static struct kind submodules = { &submodule_tenant_assignments_table, DUE("submodule_tenant_assignments") };

static_assert(ONE(module_tenant_assignment, tenant_id) == ONE(submodule_tenant_assignment, tenant_id)
              && ONE(module_tenant_assignment, starts_at) == ONE(submodule_tenant_assignment, starts_at)
              && ONE(module_tenant_assignment, ends_at) == ONE(submodule_tenant_assignment, ends_at)
              && ONE(module_tenant_assignment, is_current) == ONE(submodule_tenant_assignment, is_current)
              && ONE(module_tenant_assignment, assigned_by) == ONE(submodule_tenant_assignment, assigned_by));

static bool is_in_force(int64_t now, struct value starts_at, struct value ends_at)
{
    return (!value_is_set(starts_at) || starts_at.integer <= now)
        && (!value_is_set(ends_at) || ends_at.integer > now);
}

static bool raise_tenant(struct work *work, struct text tenant_id)
{
    static const char raise[] = "UPDATE tenants SET revision = revision + 1 WHERE id = $1";
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, raise, PARAMETERS(value_text(tenant_id)))
        && store_announce(work, &tenants_table, tenant_id);
}

static bool create(struct work *work, const struct table *table, struct value *cells)
{
    struct module_tenant_assignment *row = (struct module_tenant_assignment *)cells;
    row->is_current = value_boolean(is_in_force(work->now, row->starts_at, row->ends_at));
    row->assigned_by = value_text_or_null(work->actor.user_id);
    return store_create(work, table, cells) && raise_tenant(work, row->tenant_id.text);
}

static bool update(struct work *work, const struct table *table, const struct value *before,
                   struct value *changes, struct value *after)
{
    const struct module_tenant_assignment *old = (const struct module_tenant_assignment *)before;
    struct module_tenant_assignment *row = (struct module_tenant_assignment *)changes;
    struct value starts_at = row->starts_at.kind == VALUE_ABSENT ? old->starts_at : row->starts_at;
    struct value ends_at = row->ends_at.kind == VALUE_ABSENT ? old->ends_at : row->ends_at;
    row->is_current = value_boolean(is_in_force(work->now, starts_at, ends_at));
    return store_update(work, table, before, changes, after) && raise_tenant(work, old->tenant_id.text);
}

static bool remove_one(struct work *work, const struct table *table, const struct value *before)
{
    const struct module_tenant_assignment *old = (const struct module_tenant_assignment *)before;
    return store_remove(work, table, before) && raise_tenant(work, old->tenant_id.text);
}

#define SERVICE_OF(name, of)                                                                                 \
    static bool name##_create(struct work *work, struct value *cells)                                        \
    {                                                                                                        \
        return create(work, &of, cells);                                                                     \
    }                                                                                                        \
    static bool name##_update(struct work *work, const struct value *before, struct value *changes,          \
                              struct value *after)                                                           \
    {                                                                                                        \
        return update(work, &of, before, changes, after);                                                    \
    }                                                                                                        \
    static bool name##_remove(struct work *work, const struct value *before)                                 \
    {                                                                                                        \
        return remove_one(work, &of, before);                                                                \
    }
SERVICE_OF(module, module_tenant_assignments_table)
SERVICE_OF(submodule, submodule_tenant_assignments_table)

const struct service assignment_services[] = {
    { .table = &module_tenant_assignments_table,
      .create = module_create,
      .update = module_update,
      .remove = module_remove },
    { .table = &submodule_tenant_assignments_table,
      .create = submodule_create,
      .update = submodule_update,
      .remove = submodule_remove },
    {},
};

/* In one transaction; a row that another has changed since is looked at again here. */
static bool turn(struct work *work, void *data)
{
    const struct kind *kind = data;
    struct result due;
    if (!db_run(work->db, work->arena, &due, &work->error, kind->due,
                PARAMETERS(value_time(work->now), value_integer(TURNED_MAX))))
        return false;
    for (size_t i = 0; i < due.row_count; i++) {
        struct module_tenant_assignment row, changes = {}, after;
        if (!store_find_by(work, kind->table, "id", *result_row(&due, i), true, row.cells))
            return false;
        changes.is_current = value_boolean(is_in_force(work->now, row.starts_at, row.ends_at));
        if (!store_update(work, kind->table, row.cells, changes.cells, after.cells)
            || !raise_tenant(work, row.tenant_id.text))
            return false;
    }
    return true;
}

static bool turn_assignments(struct work *work)
{
    return db_transact(work, turn, &modules) && db_transact(work, turn, &submodules);
}

const struct periodic features_periodics[] = {
    { .name = "turn_module_assignments", .every_seconds = TURN_SECONDS, .run = turn_assignments },
    {},
};
