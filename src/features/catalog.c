#include "features/catalog.h"
#include "base/buffer.h"
#include "base/random.h"
#include <assert.h>
#include <stdlib.h>

static_assert(LINE_LENGTH == UUID_LENGTH + 1);

static const char all_modules[] = "SELECT id, name, is_active FROM module_definitions ORDER BY id";

static const char living_submodules[] =
    "SELECT s.id, m.name, s.name FROM submodule_definitions s JOIN module_definitions m ON m.id = s.module_id"
    " WHERE s.is_active AND m.is_active ORDER BY m.sort_order, m.name, s.sort_order, s.name";

static const char all_plans[] = "SELECT id, enabled_modules, features FROM plans";

static const char living_flags[] = "SELECT name, rollout_percentage, enabled_for_tenants FROM feature_flags"
                                   " WHERE is_enabled ORDER BY name";

static const char of_plans[] =
    "SELECT plan_id, module_id, is_enabled FROM module_plan_assignments"
    " UNION ALL SELECT plan_id, submodule_id, is_enabled FROM submodule_plan_assignments ORDER BY 1, 2";

static const char of_tenants[] =
    "SELECT tenant_id, module_id, is_enabled FROM module_tenant_assignments"
    " WHERE tenant_id BETWEEN $1 AND $2 AND is_current"
    " UNION ALL SELECT tenant_id, submodule_id, is_enabled FROM submodule_tenant_assignments"
    " WHERE tenant_id BETWEEN $1 AND $2 AND is_current ORDER BY 1, 2";

static bool read(struct work *work, struct arena *arena, struct result *result, const char *sql)
{
    return db_run(work->db, arena, result, &work->error, sql, NO_PARAMETERS);
}

static bool read_modules(struct work *work, struct arena *arena, struct catalog *catalog)
{
    struct result modules, submodules;
    if (!read(work, arena, &modules, all_modules) || !read(work, arena, &submodules, living_submodules))
        return false;
    catalog->module_count = modules.row_count;
    catalog->modules = arena_array(arena, struct module, modules.row_count);
    for (size_t i = 0; i < modules.row_count; i++) {
        const struct value *row = result_row(&modules, i);
        catalog->modules[i] = (struct module){ row[0].text, row[1].text, cell_boolean(row[2]) };
    }
    catalog->submodule_count = submodules.row_count;
    catalog->submodules = arena_array(arena, struct submodule, submodules.row_count);
    for (size_t i = 0; i < submodules.row_count; i++) {
        const struct value *row = result_row(&submodules, i);
        catalog->submodules[i] = (struct submodule){ row[0].text, row[1].text, row[2].text };
    }
    return true;
}

static bool read_plans(struct work *work, struct arena *arena, struct catalog *catalog)
{
    struct result plans;
    struct assignments assignments;
    if (!read(work, arena, &plans, all_plans) || !read(work, arena, &assignments.rows, of_plans))
        return false;
    catalog->plan_count = plans.row_count;
    catalog->plans = arena_array(arena, struct plan_offer, plans.row_count);
    for (size_t i = 0; i < plans.row_count; i++) {
        const struct value *row = result_row(&plans, i);
        catalog->plans[i] = (struct plan_offer){ row[0].text, row[1].text, row[2].text,
                                                 assignments_of(&assignments, row[0].text, arena) };
    }
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
    *catalog = (struct catalog){};
    return read_modules(work, arena, catalog) && read_plans(work, arena, catalog)
        && read_flags(work, arena, catalog);
}

static int compare_with_module(const void *id, const void *module)
{
    return text_compare(*(const struct text *)id, ((const struct module *)module)->id);
}

const struct module *catalog_module(const struct catalog *catalog, struct text id)
{
    return bsearch(&id, catalog->modules, catalog->module_count, sizeof *catalog->modules,
                   compare_with_module);
}

const struct plan_offer *catalog_plan(const struct catalog *catalog, struct text id)
{
    for (size_t i = 0; i < catalog->plan_count; i++)
        if (text_equal(catalog->plans[i].id, id))
            return &catalog->plans[i];
    return NULL;
}

/* ---- Lines ---- */

bool assignments_read(struct work *work, struct arena *arena, struct text first, struct text last,
                      struct assignments *assignments)
{
    return db_run(work->db, arena, &assignments->rows, &work->error, of_tenants,
                  PARAMETERS(value_text(first), value_text(last)));
}

/* The first row whose plan or tenant is not before this one. */
static size_t lower_bound(const struct result *rows, struct text of)
{
    size_t from = 0, to = rows->row_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (text_compare(result_row(rows, middle)->text, of) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct text assignments_of(const struct assignments *assignments, struct text of, struct arena *arena)
{
    struct buffer lines = { .arena = arena };
    for (size_t i = lower_bound(&assignments->rows, of); i < assignments->rows.row_count; i++) {
        const struct value *row = result_row(&assignments->rows, i);
        if (!text_equal(row[0].text, of))
            break;
        buffer_add(&lines, row[1].text);
        buffer_add_byte(&lines, cell_boolean(row[2]) ? '+' : '-');
    }
    return lines.text;
}

static int compare_with_line(const void *id, const void *line)
{
    return text_compare(*(const struct text *)id, (struct text){ line, UUID_LENGTH });
}

void lines_look_up(struct text lines, struct text id, bool *is_given)
{
    const char *line = lines.length > 0 ? bsearch(&id, lines.data, lines.length / LINE_LENGTH, LINE_LENGTH,
                                                  compare_with_line)
                                        : NULL;
    if (line)
        *is_given = line[UUID_LENGTH] == '+';
}
