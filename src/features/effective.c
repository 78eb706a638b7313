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

/* Lines about submodules name no module. */
static void apply_to_modules(struct names *modules, struct arena *arena, const struct catalog *catalog,
                             struct text lines)
{
    for (size_t at = 0; at < lines.length; at += LINE_LENGTH) {
        struct text line = text_slice(lines, at, at + LINE_LENGTH);
        const struct module *module = catalog_module(catalog, text_slice(line, 0, LINE_LENGTH - 1));
        if (!module)
            continue;
        if (line.data[LINE_LENGTH - 1] == '+')
            names_add(modules, arena, module->name);
        else
            names_remove(modules, module->name);
    }
}

static struct text submodules_of(const struct catalog *catalog, const struct names *modules,
                                 struct text of_plan, struct text own, struct arena *arena)
{
    struct names names = {};
    for (size_t i = 0; i < catalog->submodule_count; i++) {
        const struct submodule *submodule = &catalog->submodules[i];
        bool is_given = names_have(modules, submodule->module);
        if (!is_given)
            continue;
        lines_look_up(of_plan, submodule->id, &is_given);
        lines_look_up(own, submodule->id, &is_given);
        if (is_given)
            names_add(
                &names, arena,
                arena_format(arena, "%.*s.%.*s", TEXT_ARG(submodule->module), TEXT_ARG(submodule->name)));
    }
    return names_to_json(&names, arena);
}

/* What is no list of texts counts as none. */
static struct text features_of(const struct plan_offer *plan, struct arena *arena)
{
    struct names names = {};
    names_add_json(&names, arena, plan->features);
    return names_to_json(&names, arena);
}

void effective_compute(const struct catalog *catalog, const struct tenant_features *tenant,
                       struct arena *arena, struct effective *effective)
{
    static const struct plan_offer nothing = {};
    const struct plan_offer *found = catalog_plan(catalog, tenant->plan_id), *plan = found ? found : &nothing;
    struct names modules = {};
    names_add_json(&modules, arena, plan->modules);
    apply_to_modules(&modules, arena, catalog, plan->lines);
    names_add_json(&modules, arena, tenant->modules);
    apply_to_modules(&modules, arena, catalog, tenant->lines);
    for (size_t i = 0; i < catalog->module_count; i++)
        if (!catalog->modules[i].is_active)
            names_remove(&modules, catalog->modules[i].name);
    *effective = (struct effective){
        .modules = names_to_json(&modules, arena),
        .submodules = submodules_of(catalog, &modules, plan->lines, tenant->lines, arena),
        .features = features_of(plan, arena),
        .flags = flags_of(catalog, tenant, arena),
    };
}
