#include "features/catalog.h"

static const char retired_modules[] = "SELECT name FROM module_definitions WHERE NOT is_active";

static const char living_submodules[] =
    "SELECT m.name, s.name FROM submodule_definitions s JOIN module_definitions m ON m.id = s.module_id"
    " WHERE s.is_active AND m.is_active ORDER BY m.sort_order, m.name, s.sort_order, s.name";

static const char living_flags[] = "SELECT name, rollout_percentage, enabled_for_tenants FROM feature_flags"
                                   " WHERE is_enabled ORDER BY name";

/* A submodule is told by its own name, a module by an empty one. */
static const char of_plans[] =
    "SELECT a.plan_id, m.name, '', a.is_enabled FROM module_plan_assignments a"
    " JOIN module_definitions m ON m.id = a.module_id"
    " UNION ALL SELECT a.plan_id, m.name, s.name, a.is_enabled FROM submodule_plan_assignments a"
    " JOIN submodule_definitions s ON s.id = a.submodule_id JOIN module_definitions m ON m.id = s.module_id"
    " ORDER BY 1";

static const char of_tenants[] =
    "SELECT a.tenant_id, m.name, '', a.is_enabled FROM module_tenant_assignments a"
    " JOIN module_definitions m ON m.id = a.module_id WHERE a.tenant_id BETWEEN $1 AND $2 AND a.is_current"
    " UNION ALL SELECT a.tenant_id, m.name, s.name, a.is_enabled FROM submodule_tenant_assignments a"
    " JOIN submodule_definitions s ON s.id = a.submodule_id JOIN module_definitions m ON m.id = s.module_id"
    " WHERE a.tenant_id BETWEEN $1 AND $2 AND a.is_current ORDER BY 1";

static bool read(struct work *work, struct arena *arena, struct result *result, const char *sql)
{
    return db_run(work->db, arena, result, &work->error, sql, NO_PARAMETERS);
}

static void take_assignments(struct arena *arena, const struct result *result,
                             struct assignments *assignments)
{
    assignments->count = result->row_count;
    assignments->list = arena_array(arena, struct assignment, result->row_count);
    for (size_t i = 0; i < result->row_count; i++) {
        const struct value *row = result_row(result, i);
        assignments->list[i] =
            (struct assignment){ row[0].text, row[1].text, row[2].text, cell_boolean(row[3]) };
    }
}

static bool read_modules(struct work *work, struct arena *arena, struct catalog *catalog)
{
    struct result modules, submodules;
    if (!read(work, arena, &modules, retired_modules) || !read(work, arena, &submodules, living_submodules))
        return false;
    catalog->retired_count = modules.row_count;
    catalog->retired = arena_array(arena, struct text, modules.row_count);
    for (size_t i = 0; i < modules.row_count; i++)
        catalog->retired[i] = result_row(&modules, i)->text;
    catalog->submodule_count = submodules.row_count;
    catalog->submodules = arena_array(arena, struct submodule, submodules.row_count);
    for (size_t i = 0; i < submodules.row_count; i++)
        catalog->submodules[i] =
            (struct submodule){ result_row(&submodules, i)[0].text, result_row(&submodules, i)[1].text };
    return true;
}

static bool read_flags(struct work *work, struct arena *arena, struct catalog *catalog)
{
    struct result result;
    if (!read(work, arena, &result, living_flags))
        return false;
    catalog->flag_count = result.row_count;
    catalog->flags = arena_array(arena, struct flag, result.row_count);
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        catalog->flags[i] = (struct flag){ row[0].text, row[1].integer, row[2].text };
    }
    return true;
}

bool catalog_read(struct work *work, struct arena *arena, struct catalog *catalog)
{
    struct result plans;
    *catalog = (struct catalog){};
    if (!read_modules(work, arena, catalog) || !read_flags(work, arena, catalog)
        || !read(work, arena, &plans, of_plans))
        return false;
    take_assignments(arena, &plans, &catalog->plans);
    return true;
}

bool assignments_read(struct work *work, struct arena *arena, struct text first, struct text last,
                      struct assignments *assignments)
{
    struct result result;
    if (!db_run(work->db, arena, &result, &work->error, of_tenants,
                PARAMETERS(value_text(first), value_text(last))))
        return false;
    take_assignments(arena, &result, assignments);
    return true;
}

/* The first line whose plan or tenant is not before this one. */
static size_t lower_bound(const struct assignments *assignments, struct text of)
{
    size_t from = 0, to = assignments->count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (text_compare(assignments->list[middle].of, of) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct assignments assignments_of(const struct assignments *assignments, struct text of)
{
    size_t from = lower_bound(assignments, of), to = from;
    while (to < assignments->count && text_equal(assignments->list[to].of, of))
        to++;
    return (struct assignments){ assignments->list + from, to - from };
}
