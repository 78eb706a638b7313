#include "features/effective.h"
#include "crypto/hash.h"
#include "features/names.h"

int flag_bucket(struct arena *arena, struct text flag, struct text tenant_id)
{
    enum { DIGITS = 8 };
    struct text digest =
        sha256_hex(arena, arena_format(arena, "%.*s:%.*s", TEXT_ARG(flag), TEXT_ARG(tenant_id)));
    uint32_t number = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        char digit = digest.data[i];
        number = number * 16 + (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return (int)(number % 100);
}

static bool is_listed(const struct flag *flag, struct arena *arena, struct text slug)
{
    struct names listed = {};
    if (!text_contains(flag->tenants, slug))
        return false;
    names_add_json(&listed, arena, flag->tenants);
    return names_have(&listed, slug);
}

static struct text flags_of(const struct catalog *catalog, const struct tenant_features *tenant,
                            struct arena *arena)
{
    struct names on = {};
    for (const struct flag *flag = catalog->flags; flag < catalog->flags + catalog->flag_count; flag++)
        if (flag_bucket(arena, flag->name, tenant->id) < flag->percentage
            || is_listed(flag, arena, tenant->slug))
            names_add(&on, arena, flag->name);
    return names_to_json(&on, arena);
}

static void apply_to_modules(struct names *modules, struct arena *arena,
                             const struct assignments *assignments)
{
    for (size_t i = 0; i < assignments->count; i++) {
        const struct assignment *line = &assignments->list[i];
        if (line->submodule.length > 0)
            continue;
        if (line->is_enabled)
            names_add(modules, arena, line->module);
        else
            names_remove(modules, line->module);
    }
}

/* Does any of the lines speak of the submodule? Then that is what holds. */
static void look_up(const struct assignments *assignments, const struct submodule *submodule,
                    bool *is_enabled)
{
    for (size_t i = 0; i < assignments->count; i++)
        if (text_equal(assignments->list[i].submodule, submodule->name)
            && text_equal(assignments->list[i].module, submodule->module))
            *is_enabled = assignments->list[i].is_enabled;
}

static struct text submodules_of(const struct catalog *catalog, const struct names *modules,
                                 const struct assignments *of_plan, const struct assignments *own,
                                 struct arena *arena)
{
    struct names names = {};
    for (size_t i = 0; i < catalog->submodule_count; i++) {
        const struct submodule *submodule = &catalog->submodules[i];
        bool is_enabled = names_have(modules, submodule->module);
        if (!is_enabled)
            continue;
        look_up(of_plan, submodule, &is_enabled);
        look_up(own, submodule, &is_enabled);
        if (is_enabled)
            names_add(
                &names, arena,
                arena_format(arena, "%.*s.%.*s", TEXT_ARG(submodule->module), TEXT_ARG(submodule->name)));
    }
    return names_to_json(&names, arena);
}

static void compute_modules(const struct catalog *catalog, const struct assignments *own,
                            const struct tenant_features *tenant, struct arena *arena,
                            struct effective *effective)
{
    struct names modules = {};
    struct assignments of_plan = assignments_of(&catalog->plans, tenant->plan_id);
    names_add_json(&modules, arena, tenant->plan_modules);
    apply_to_modules(&modules, arena, &of_plan);
    names_add_json(&modules, arena, tenant->own_modules);
    apply_to_modules(&modules, arena, own);
    for (size_t i = 0; i < catalog->retired_count; i++)
        names_remove(&modules, catalog->retired[i]);
    effective->modules = names_to_json(&modules, arena);
    effective->submodules = submodules_of(catalog, &modules, &of_plan, own, arena);
}

static bool is_as_before(const struct effective_latest *latest, const struct tenant_features *tenant)
{
    return latest->is.modules.data && text_equal(latest->of.plan_id, tenant->plan_id)
        && text_equal(latest->of.plan_modules, tenant->plan_modules)
        && text_equal(latest->of.own_modules, tenant->own_modules);
}

void effective_compute(const struct catalog *catalog, const struct assignments *assignments,
                       const struct tenant_features *tenant, struct arena *arena,
                       struct effective_latest *latest, struct effective *effective)
{
    struct assignments own = assignments_of(assignments, tenant->id);
    if (own.count == 0 && is_as_before(latest, tenant))
        *effective = latest->is;
    else
        compute_modules(catalog, &own, tenant, arena, effective);
    if (own.count == 0)
        *latest = (struct effective_latest){ *tenant, *effective };
    effective->flags = catalog->flag_count > 0 ? flags_of(catalog, tenant, arena) : TEXT("[]");
}
