/* How many modules, submodules and flags may be defined, and whom a flag may name. */
#include "features/catalog.h"
#include "features/features.h"
#include "model/model.h"
#include "record/store.h"
#include "json/json.h"

struct bound {
    const char *count, *words;
    int64_t max;
};

static const struct bound modules = { "SELECT count(*) FROM module_definitions", "modules", MODULES_MAX };
static const struct bound submodules = { "SELECT count(*) FROM submodule_definitions", "submodules",
                                         SUBMODULES_MAX };
static const struct bound flags = { "SELECT count(*) FROM feature_flags", "flags", FLAGS_MAX };

/* One who counts waits for another who does. */
static bool check_room(struct work *work, const struct bound *bound)
{
    struct result result;
    if (!db_lock(work->db, work->arena, &work->error, text_from(bound->words))
        || !db_run(work->db, work->arena, &result, &work->error, bound->count, NO_PARAMETERS))
        return false;
    return cell_integer(result.cells[0]) < bound->max
        || fail(&work->error, ERROR_limit_reached, "%lld %s", (long long)bound->max, bound->words);
}

static bool module_create(struct work *work, struct value *cells)
{
    return check_room(work, &modules) && store_create(work, &module_definitions_table, cells);
}

static bool submodule_create(struct work *work, struct value *cells)
{
    return check_room(work, &submodules) && store_create(work, &submodule_definitions_table, cells);
}

/* A slug that nobody has would be a slip of the pen that shows no effect. */
static bool check_tenants(struct work *work, struct value list)
{
    static const char exists[] = "SELECT 1 FROM tenants WHERE slug = $1 AND deleted_at IS NULL";
    struct json slugs;
    struct result result;
    if (list.kind != VALUE_TEXT)
        return true;
    if (!json_read(list.text, work->arena, &slugs, &work->error))
        return false;
    for (size_t i = 0; i < slugs.count; i++) {
        if (!db_run(work->db, work->arena, &result, &work->error, exists,
                    PARAMETERS(value_text(slugs.items[i].text))))
            return false;
        if (result.row_count == 0)
            (void)fail_at(&work->error, arena_format(work->arena, "/enabled_for_tenants/%zu", i).data,
                          ERROR_no_such_reference, "tenant");
    }
    return work->error.fault_count == 0;
}

static bool flag_create(struct work *work, struct value *cells)
{
    const struct feature_flag *flag = (const struct feature_flag *)cells;
    return check_room(work, &flags) && check_tenants(work, flag->enabled_for_tenants)
        && store_create(work, &feature_flags_table, cells);
}

static bool flag_update(struct work *work, const struct value *before, struct value *changes,
                        struct value *after)
{
    const struct feature_flag *flag = (const struct feature_flag *)changes;
    return check_tenants(work, flag->enabled_for_tenants)
        && store_update(work, &feature_flags_table, before, changes, after);
}

const struct service definition_services[] = {
    { .table = &module_definitions_table, .create = module_create },
    { .table = &submodule_definitions_table, .create = submodule_create },
    { .table = &feature_flags_table, .create = flag_create, .update = flag_update },
    {},
};
