/*
 * What is sold and rolled out, read whole: the modules and submodules there are, what plans have of them, and
 * the feature flags. All of it is small, so that what a tenant may use is found without asking again.
 */
#pragma once
#include "record/work.h"

/* Limits of what can be defined; the services keep to them. */
enum { MODULES_MAX = 200, SUBMODULES_MAX = 1'000, FLAGS_MAX = 500 };

/* A line of a plan or a tenant: a module, or a submodule of it, given or taken away. */
struct assignment {
    struct text of;                /* the plan's or the tenant's id */
    struct text module, submodule; /* submodule empty: the module itself */
    bool is_enabled;
};

struct assignments {
    struct assignment *list; /* by `of` */
    size_t count;
};

struct submodule {
    struct text module, name;
};

struct flag {
    struct text name;
    int64_t percentage;
    struct text tenants; /* a JSON array of slugs */
};

struct catalog {
    struct text *retired; /* modules that are switched off for all */
    size_t retired_count;
    struct submodule *submodules; /* those that are not switched off, by module and their order */
    size_t submodule_count;
    struct flag *flags; /* those that are not switched off, by name */
    size_t flag_count;
    struct assignments plans;
};

[[nodiscard]] bool catalog_read(struct work *work, struct arena *arena, struct catalog *catalog);

/* What is in force of tenants, from one id to another, both included. */
[[nodiscard]] bool assignments_read(struct work *work, struct arena *arena, struct text first,
                                    struct text last, struct assignments *assignments);

/* Those of one plan or tenant. */
struct assignments assignments_of(const struct assignments *assignments, struct text of);
