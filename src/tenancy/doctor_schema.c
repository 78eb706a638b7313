/* The doctor on the control plane's own tables: what migrate has to do, and what somebody did by hand. */
#include "base/buffer.h"
#include "model/model.h"
#include "record/migrate.h"
#include "tenancy/control_schema.h"
#include "tenancy/doctor_parts.h"

struct comparison {
    struct examination *examination;
    struct objects model;
};

static struct text kind_of(const struct schema_object *object)
{
    return text_slice(object->name, 0, text_find_byte(object->name, ' '));
}

static bool is_rule(const struct object *made)
{
    return made->kind == OBJECT_CHECK || made->kind == OBJECT_REFERENCE;
}

/* "index public.plans.plans_name_unique" is what the model calls plans_name_unique. */
static bool is_of(const struct schema_object *told, const struct object *made)
{
    size_t before = told->name.length - made->name.length;
    return text_is(kind_of(told), is_rule(made) ? "constraint" : object_kinds[made->kind])
        && text_ends(told->name, made->name)
        && (told->name.data[before - 1] == ' ' || told->name.data[before - 1] == '.');
}

static struct text on_one_line(struct arena *arena, struct text sql)
{
    struct buffer line = { .arena = arena };
    while (sql.length > 0) {
        struct text part = text_cut(&sql, '\n');
        buffer_print(&line, "%s%.*s", line.length > 0 ? " " : "", TEXT_ARG(part));
    }
    return line.text;
}

/* By which statement the model makes it; or, of what no statement adds, what it is. */
static struct text making(const struct comparison *comparison, const struct schema_object *object)
{
    struct arena *arena = comparison->examination->work->arena;
    bool on_files = db_engine(comparison->examination->work->db) == ENGINE_SQLITE;
    const struct object *end = comparison->model.list + comparison->model.count,
                        *made = comparison->model.list;
    while (made < end && !is_of(object, made))
        made++;
    if (made == end || made->kind == OBJECT_TABLE || (is_rule(made) && on_files))
        return object->definition;
    if (made->kind == OBJECT_COLUMN || is_rule(made))
        return arena_format(arena, "ALTER TABLE %s ADD %.*s", made->table->name, TEXT_ARG(made->definition));
    return on_one_line(arena, made->definition);
}

static void tell_missing(const struct comparison *comparison, const struct schema_object *object)
{
    struct text kind = kind_of(object), statement = making(comparison, object);
    bool held_rows = text_is(kind, "table"), held = held_rows || text_is(kind, "column");
    finding_add(comparison->examination, "schema", "%.*s is missing%s%s%.*s", TEXT_ARG(object->name),
                held ? ", with all that it held: restore a backup of this database" : "; make it again",
                held_rows ? ""
                : held    ? ", or make it again: "
                          : ": ",
                held_rows ? 0 : (int)statement.length, statement.data);
}

static void tell_changed(struct examination *examination, const struct schema_difference *difference)
{
    finding_add(examination, "schema", "%.*s was changed: change it back from %.*s to %.*s",
                TEXT_ARG(difference->expected->name), TEXT_ARG(difference->found->definition),
                TEXT_ARG(difference->expected->definition));
}

/* What the program writes may be refused by it, or changed. */
static bool is_in_the_way(const struct schema_object *added)
{
    struct text kind = kind_of(added), definition = added->definition;
    return text_is(kind, "trigger") || text_is(kind, "constraint")
        || text_starts(definition, TEXT("CREATE UNIQUE INDEX"))
        || (text_is(kind, "column") && text_contains(definition, TEXT("NOT NULL"))
            && !text_contains(definition, TEXT("DEFAULT")));
}

/* An operator may have reasons for an index of his own; his functions, types and sequences are his affair. */
static void tell_added(struct examination *examination, const struct schema_object *added)
{
    static const char *const told[] = { "table", "view", "column", "index" };
    if (is_in_the_way(added)) {
        finding_add(examination, "schema",
                    "%.*s is not in the model, and may refuse or change what is written: drop it",
                    TEXT_ARG(added->name));
        return;
    }
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (text_is(kind_of(added), told[i]))
            remark_add(examination, "%.*s is not in the model; drop it unless it was made on purpose",
                       TEXT_ARG(added->name));
}

static bool compare(struct examination *examination)
{
    struct work *work = examination->work;
    struct comparison comparison = { examination, ddl_objects(work->arena, db_engine(work->db), all_tables) };
    struct schema_differences differences;
    if (!control_schema_compare(examination->owner, work->arena, all_tables, &differences, &work->error))
        return false;
    for (size_t i = 0; i < differences.count; i++) {
        const struct schema_difference *difference = &differences.list[i];
        switch (difference->change) {
        case SCHEMA_MISSING: tell_missing(&comparison, difference->expected); break;
        case SCHEMA_ADDED: tell_added(examination, difference->found); break;
        case SCHEMA_DIFFERS: tell_changed(examination, difference); break;
        }
    }
    return true;
}

/* A database that is not at this program's model is compared when it is. */
static bool look_at_tables(struct examination *examination, const struct migration *plan)
{
    struct work *work = examination->work;
    bool may;
    if (plan->count > 0 || plan->refused.length > 0)
        return true;
    if (plan->older) {
        remark_add(examination, "a newer program has been here: ask its doctor about the tables themselves");
        return true;
    }
    if (!control_schema_may_compare(examination->owner, work->arena, &may, &work->error))
        return false;
    if (may)
        return compare(examination);
    remark_add(examination,
               "the tables themselves were not compared with the model: that takes a role that may "
               "make a schema in this database; see doctor --owner-url");
    return true;
}

bool look_at_schema(struct examination *examination)
{
    struct work *work = examination->work;
    struct migration plan;
    if (!migrate_plan(work->db, work->arena, &plan, &work->error))
        return false;
    for (size_t i = 0; i < plan.count; i++)
        finding_add(examination, "schema", "to be done by migrate: %.*s", TEXT_ARG(plan.steps[i].what));
    struct text refused = plan.refused;
    while (refused.length > 0) {
        struct text line = text_cut(&refused, '\n');
        finding_add(examination, "schema", "differs from the model: %.*s", TEXT_ARG(line));
    }
    return look_at_tables(examination, &plan);
}
