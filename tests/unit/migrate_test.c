/* Migration, of a small model that changes: the tables of each test are made here, not in model/tables. */
#include "model/model.h"
#include "record/migrate.h"
#include "scratch.h"
#include "sql/driver.h"
#include "test.h"
#include <pthread.h>
#include <string.h>

enum { COLUMNS = 8, TABLES = 4 };

static const struct choices two_colours = { 2, (const struct text[]){ TEXT_CONSTANT("red"),
                                                                      TEXT_CONSTANT("green") } };
static const struct choices one_colour = { 1, (const struct text[]){ TEXT_CONSTANT("red") } };
static const struct choices three_colours = {
    3, (const struct text[]){ TEXT_CONSTANT("red"), TEXT_CONSTANT("green"), TEXT_CONSTANT("blue") }
};

/* A model that a test may alter: boxes, and things that lie in them. */
struct small {
    struct column boxes_columns[COLUMNS], things_columns[COLUMNS];
    struct index things_indexes[3];
    struct constraint things_constraints[3];
    struct table boxes, things;
    const struct table *tables[TABLES];
};

static void small_begin(struct small *small)
{
    static const struct index no_indexes[1];
    static const struct constraint no_constraints[1];
    *small = (struct small){
        .boxes_columns = { { .name = "id", .type = TYPE_uuid, .is = KEY },
                           { .name = "label", .type = TYPE_text } },
        .things_columns = { { .name = "id", .type = TYPE_uuid, .is = KEY },
                            { .name = "colour",
                              .type = TYPE_choice,
                              .is = REQUIRED,
                              .choices = &two_colours,
                              .initially = "red" },
                            { .name = "weight", .type = TYPE_integer },
                            { .name = "name", .type = TYPE_text, .is = INDEXED },
                            { .name = "box_id", .type = TYPE_reference, .references = &small->boxes } },
        .things_constraints = { { "thing_weighs", "weight >= 0", "" } },
    };
    small->boxes = (struct table){ .name = "boxes",
                                   .columns = small->boxes_columns,
                                   .width = 2,
                                   .indexes = no_indexes,
                                   .constraints = no_constraints };
    small->things = (struct table){ .name = "things",
                                    .columns = small->things_columns,
                                    .width = 5,
                                    .indexes = small->things_indexes,
                                    .constraints = small->things_constraints };
    small->tables[0] = &small->things;
    small->tables[1] = &small->boxes;
}

static void small_copy(struct small *copy, const struct small *small)
{
    *copy = *small;
    copy->boxes.columns = copy->boxes_columns;
    copy->things.columns = copy->things_columns;
    copy->things.indexes = copy->things_indexes;
    copy->things.constraints = copy->things_constraints;
    copy->tables[0] = &copy->things;
}

static void add_column(struct small *small, struct column column)
{
    small->things_columns[small->things.width++] = column;
}

/* How many steps it took, or -1 and why not. */
static int64_t migrate(struct scratch *scratch, struct db *db, const struct small *small, struct error *error)
{
    size_t steps;
    *error = (struct error){};
    return migrate_run_for(db, scratch->arena, small->tables, &steps, error) ? (int64_t)steps : -1;
}

static bool migrates(struct scratch *scratch, const struct small *small)
{
    struct error error;
    bool good =
        migrate(scratch, scratch->db, small, &error) > 0 && migrate(scratch, scratch->db, small, &error) == 0;
    if (!good)
        test_note("%s: %s", error_words[error.code].code, error.about);
    return good;
}

static bool refuses(struct scratch *scratch, const struct small *small, const char *reason)
{
    struct error error;
    int64_t steps = migrate(scratch, scratch->db, small, &error);
    if (steps != -1 || error.code != ERROR_conflict || !strstr(error.about, reason)) {
        test_note("%lld steps, %s: %s", (long long)steps, error_words[error.code].code, error.about);
        return false;
    }
    return true;
}

static bool accepts(struct scratch *scratch, const char *sql)
{
    struct error error = {};
    return db_run_script(scratch->db, &error, sql);
}

#define BOX_ID    "'00000000-0000-7000-8000-000000000001'"
#define FIRST_ID  "'00000000-0000-7000-8000-00000000000a'"
#define SECOND_ID "'00000000-0000-7000-8000-00000000000b'"

/* Two things in a box. */
static void fill(struct scratch *scratch)
{
    scratch_script(scratch, "INSERT INTO boxes (id, label) VALUES (" BOX_ID ", 'first')");
    scratch_script(scratch,
                   "INSERT INTO things (id, colour, weight, name, box_id) VALUES "
                   "(" FIRST_ID ", 'red', 1, 'a', " BOX_ID "), (" SECOND_ID ", 'green', NULL, NULL, NULL)");
}

static void begin_filled(struct scratch *scratch, struct small *small)
{
    small_begin(small);
    CHECK(migrates(scratch, small));
    fill(scratch);
}

TEST_ON_BOTH(an_empty_database_is_brought_to_the_model_and_then_left_alone)
{
    struct error error = {};
    size_t steps = 0;
    CHECK(migrate_run(scratch->db, scratch->arena, &steps, &error));
    CHECK(steps > 15);
    CHECK(migrate_run(scratch->db, scratch->arena, &steps, &error));
    CHECK(steps == 0);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM tenants") == 0);
}

TEST_ON_BOTH(a_plan_is_shown_and_nothing_done)
{
    struct small small;
    small_begin(&small);
    struct migration plan;
    struct error error = {};
    CHECK(migrate_plan_for(scratch->db, scratch->arena, small.tables, &plan, &error));
    CHECK(plan.fresh && plan.count > 2 && plan.refused.length == 0);
    CHECK(!accepts(scratch, "SELECT * FROM things"));
}

TEST_ON_BOTH(columns_are_added_to_rows_that_are_there)
{
    struct small small;
    begin_filled(scratch, &small);
    add_column(&small,
               (struct column){ .name = "size", .type = TYPE_integer, .is = REQUIRED, .initially = "7" });
    add_column(&small,
               (struct column){ .name = "tags", .type = TYPE_texts, .is = REQUIRED, .initially = "[]" });
    add_column(&small, (struct column){ .name = "shade", .type = TYPE_choice, .choices = &two_colours });
    CHECK(migrates(scratch, &small));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE size = 7") == 2);
    CHECK(!accepts(scratch, "UPDATE things SET shade = 'blue'"));
    CHECK(accepts(scratch, "UPDATE things SET shade = 'green'"));
}

TEST_ON_BOTH(an_index_is_added_changed_and_dropped_in_a_filled_table)
{
    struct small small;
    begin_filled(scratch, &small);
    small.things_indexes[0] = (struct index){ .on = { 3, 4 }, .unique = true };
    CHECK(migrates(scratch, &small));
    CHECK(!accepts(scratch, "UPDATE things SET weight = 1, name = 'a'"));
    small.things_indexes[0].where = "colour = 'green'";
    CHECK(migrates(scratch, &small));
    CHECK(accepts(scratch, "UPDATE things SET weight = 1, name = 'a'"));
    small.things_indexes[0] = (struct index){};
    CHECK(migrates(scratch, &small));
    CHECK(accepts(scratch, "UPDATE things SET colour = 'green'"));
}

TEST_ON_BOTH(a_list_of_choices_grows)
{
    struct small small;
    begin_filled(scratch, &small);
    CHECK(!accepts(scratch, "UPDATE things SET colour = 'blue'"));
    small.things_columns[1].choices = &three_colours;
    CHECK(migrates(scratch, &small));
    CHECK(accepts(scratch, "UPDATE things SET colour = 'blue'"));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE weight = 1 AND name = 'a'") == 1);
    CHECK(!accepts(scratch, "DELETE FROM boxes")); /* references hold as before */
}

TEST_ON_BOTH(a_rule_changes_and_a_column_becomes_required)
{
    struct small small;
    begin_filled(scratch, &small);
    scratch_script(scratch, "UPDATE things SET weight = 5, name = 'b'");
    small.things_constraints[0].sql = "weight >= 5";
    small.things_columns[3].is |= REQUIRED;
    CHECK(migrates(scratch, &small));
    CHECK(!accepts(scratch, "UPDATE things SET weight = 4"));
    CHECK(!accepts(scratch, "UPDATE things SET name = NULL"));
    small.things_columns[3].is &= ~(unsigned)REQUIRED;
    small.things_constraints[0] = (struct constraint){};
    CHECK(migrates(scratch, &small));
    CHECK(accepts(scratch, "UPDATE things SET name = NULL, weight = -1"));
}

TEST_ON_BOTH(a_default_changes_and_a_number_becomes_a_text)
{
    struct small small;
    begin_filled(scratch, &small);
    small.things_constraints[0] = (struct constraint){};
    CHECK(migrates(scratch, &small));
    small.things_columns[1].initially = "green";
    small.things_columns[2].type = TYPE_text;
    CHECK(migrates(scratch, &small));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE weight = '1'") == 1);
    scratch_script(scratch, "INSERT INTO boxes (id) VALUES (" FIRST_ID ")");
    scratch_script(scratch, "INSERT INTO things (id) VALUES (" BOX_ID ")");
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE colour = 'green'") == 2);
}

TEST_ON_BOTH(an_empty_column_and_an_empty_table_go)
{
    struct small small;
    begin_filled(scratch, &small);
    scratch_script(scratch, "UPDATE things SET box_id = NULL");
    scratch_script(scratch, "DELETE FROM boxes");
    small.things.width = 4;
    small.tables[1] = NULL;
    CHECK(migrates(scratch, &small));
    CHECK(!accepts(scratch, "SELECT box_id FROM things"));
    CHECK(!accepts(scratch, "SELECT id FROM boxes"));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things") == 2);
}

TEST_ON_BOTH(what_would_lose_data_is_refused_and_nothing_done)
{
    struct small small, changed;
    begin_filled(scratch, &small);

    small_copy(&changed, &small);
    changed.things.width = 4;
    CHECK(refuses(scratch, &changed, "column things.box_id is not in the model and holds values"));

    changed.things.width = 5;
    changed.things_columns[1].choices = &one_colour;
    CHECK(refuses(scratch, &changed, "rows of things break the rule"));

    changed.things_columns[1].choices = &two_colours;
    changed.things_columns[3].is = REQUIRED;
    CHECK(refuses(scratch, &changed, "column things.name is required now"));

    changed.things_columns[3] = small.things_columns[3];
    changed.things_columns[3].type = TYPE_boolean;
    CHECK(refuses(scratch, &changed, "column things.name would change from"));

    changed.things_columns[3] = small.things_columns[3];
    add_column(&changed, (struct column){ .name = "size", .type = TYPE_integer, .is = REQUIRED });
    CHECK(refuses(scratch, &changed, "column things.size is new and required"));

    changed.things.width = 5;
    scratch_script(scratch, "UPDATE things SET name = 'a'");
    changed.things_columns[3].is = UNIQUE;
    CHECK(refuses(scratch, &changed, "rows of things are not unique"));

    changed.things_columns[3] = small.things_columns[3];
    changed.things_columns[4].references = NULL;
    changed.tables[1] = NULL;
    CHECK(refuses(scratch, &changed, "table boxes is not in the model and holds rows"));

    struct error error;
    CHECK(migrate(scratch, scratch->db, &small, &error) == 0);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE box_id = " BOX_ID) == 1);
}

/* All that a filled table of PostgreSQL is changed by in more than one step. */
static void change_much(struct small *small)
{
    small->things_columns[1].choices = &three_colours;
    small->things_columns[3].is = UNIQUE | REQUIRED;
    small->things_constraints[0].sql = "weight > 2";
    add_column(small,
               (struct column){ .name = "other_id", .type = TYPE_reference, .references = &small->boxes });
}

/* Takes the first steps of the plan alone; false where it has no more than these. */
static bool migrate_in_part(struct scratch *scratch, const struct small *small, size_t steps)
{
    struct migration plan;
    struct error error = {};
    if (!migrate_plan_for(scratch->db, scratch->arena, small->tables, &plan, &error) || plan.count <= steps)
        return false;
    for (size_t i = 0; i < steps; i++) {
        scratch_script(scratch, plan.steps[i].sql.data);
        scratch_script(scratch, plan.steps[i].ledger.length > 0 ? plan.steps[i].ledger.data : "");
    }
    return true;
}

TEST_ON_POSTGRES(a_migration_that_was_killed_behind_any_step_is_resumed)
{
    bool parted = true;
    for (size_t steps = 0; parted; steps++) {
        struct small small, changed;
        scratch_script(scratch, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        begin_filled(scratch, &small);
        scratch_script(scratch, "UPDATE things SET name = id::text, weight = 3");
        small_copy(&changed, &small);
        change_much(&changed);
        parted = migrate_in_part(scratch, &changed, steps);
        CHECK(parted || steps > 10);
        CHECK(migrates(scratch, &changed));
        CHECK(!accepts(scratch, "UPDATE things SET name = NULL"));
        CHECK(!accepts(scratch, "UPDATE things SET weight = 2"));
        CHECK(!accepts(scratch, "UPDATE things SET name = 'a'"));
        CHECK(scratch_number(scratch, "SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_new'") == 0);
        CHECK(scratch_number(scratch, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == 0);
    }
}

TEST_ON_SQLITE(a_migration_that_fails_at_its_end_leaves_nothing_behind)
{
    struct small small;
    begin_filled(scratch, &small);
    scratch_script(scratch, "PRAGMA foreign_keys = OFF; UPDATE things SET box_id = " SECOND_ID
                            "; PRAGMA foreign_keys = ON");
    small.things_columns[1].choices = &three_colours;
    CHECK(refuses(scratch, &small, "rows of things point at boxes"));
    CHECK(!accepts(scratch, "UPDATE things SET colour = 'blue'"));
    CHECK(!accepts(scratch, "UPDATE things SET box_id = " FIRST_ID)); /* references are enforced again */
}

struct node {
    pthread_t thread;
    struct db *db;
    struct arena *arena;
    const struct small *small;
    size_t steps;
    bool good;
};

static void *run_node(void *data)
{
    struct node *node = data;
    struct error error = {};
    node->good = migrate_run_for(node->db, node->arena, node->small->tables, &node->steps, &error);
    return NULL;
}

TEST_ON_BOTH(of_two_nodes_at_once_one_migrates_and_the_other_waits)
{
    struct small small;
    struct node nodes[2] = {};
    begin_filled(scratch, &small);
    add_column(&small, (struct column){ .name = "size", .type = TYPE_integer, .is = INDEXED });
    for (int i = 0; i < 2; i++) {
        nodes[i] = (struct node){ .db = scratch_connect(scratch), .arena = arena_create(), .small = &small };
        CHECK(pthread_create(&nodes[i].thread, NULL, run_node, &nodes[i]) == 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(nodes[i].thread, NULL);
        CHECK(nodes[i].good);
        db_close(nodes[i].db);
        arena_destroy(nodes[i].arena);
    }
    CHECK((nodes[0].steps == 0) != (nodes[1].steps == 0));
}

TEST_ON_BOTH(a_table_of_appended_rows_refuses_any_change)
{
    struct small small;
    small_begin(&small);
    small.boxes.is = APPENDED;
    CHECK(migrates(scratch, &small));
    scratch_script(scratch, "INSERT INTO boxes (id, label) VALUES (" BOX_ID ", 'first')");
    CHECK(!accepts(scratch, "UPDATE boxes SET label = 'second'"));
    CHECK(!accepts(scratch, "DELETE FROM boxes"));
    CHECK(!accepts(scratch, scratch->engine == ENGINE_SQLITE ? "REPLACE INTO boxes (id) VALUES (" BOX_ID ")"
                                                             : "TRUNCATE boxes CASCADE"));
    small.boxes_columns[1].is = REQUIRED;
    CHECK(migrates(scratch, &small));
    CHECK(!accepts(scratch, "DELETE FROM boxes"));
    small.boxes.is = 0;
    CHECK(migrates(scratch, &small));
    CHECK(accepts(scratch, "DELETE FROM boxes"));
}
