/*
 * What is sold and rolled out, read whole: the modules and submodules there are, the plans and what they have
 * of them, and the feature flags. All of it is small, so that it is kept in memory, and what a tenant may use
 * is found without asking again.
 */
#pragma once
#include "record/work.h"

/* Limits of what can be defined; the services keep to them. */
enum { MODULES_MAX = 200, SUBMODULES_MAX = 1'000, FLAGS_MAX = 500 };

/*
 * What a plan or a tenant was given or not: for each module or submodule its id, and + or -. In the order of
 * the ids, so that two with the same lines have the same text.
 */
enum { LINE_LENGTH = 37 };

struct module {
    struct text id, name;
    bool is_active; /* else it is switched off for all */
};

struct submodule {
    struct text id, module, name;
};

struct plan_offer {
    struct text id;
    struct text modules, features; /* JSON arrays of names */
    struct text lines;
};

struct flag {
    struct text name;
    int64_t percentage;
    struct text tenants; /* a JSON array of slugs */
};

struct catalog {
    struct module *modules; /* by id */
    size_t module_count;
    struct submodule *submodules; /* those that are not switched off, by module and their order */
    size_t submodule_count;
    struct plan_offer *plans;
    size_t plan_count;
    struct flag *flags; /* those that are not switched off, by name */
    size_t flag_count;
};

[[nodiscard]] bool catalog_read(struct work *work, struct arena *arena, struct catalog *catalog);
const struct module *catalog_module(const struct catalog *catalog, struct text id);   /* NULL: none */
const struct plan_offer *catalog_plan(const struct catalog *catalog, struct text id); /* NULL: none */

/* Lines as they are read, those of each plan or tenant behind one another. */
struct assignments {
    struct result rows; /* of whom, what, given or not: by the first two */
};
/* What is in force of tenants, from one id to another, both included. */
[[nodiscard]] bool assignments_read(struct work *work, struct arena *arena, struct text first,
                                    struct text last, struct assignments *assignments);
/* Those of one. */
struct text assignments_of(const struct assignments *assignments, struct text of, struct arena *arena);

/* Do the lines speak of it? Then that is what holds. */
void lines_look_up(struct text lines, struct text id, bool *is_given);
