/* Migration of a filled database to a model that changed: what it does, and what it refuses. */
#include "small_model.h"
#include "test.h"

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
    CHECK(!small_accepts(scratch, "SELECT * FROM things"));
}

TEST_ON_BOTH(columns_are_added_to_rows_that_are_there)
{
    struct small small;
    small_begin_filled(scratch, &small);
    small_add_column(
        &small, (struct column){ .name = "size", .type = TYPE_integer, .is = REQUIRED, .initially = "7" });
    small_add_column(
        &small, (struct column){ .name = "tags", .type = TYPE_texts, .is = REQUIRED, .initially = "[]" });
    small_add_column(&small,
                     (struct column){ .name = "shade", .type = TYPE_choice, .choices = &two_colours });
    CHECK(small_migrates(scratch, &small));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE size = 7") == 2);
    CHECK(!small_accepts(scratch, "UPDATE things SET shade = 'blue'"));
    CHECK(small_accepts(scratch, "UPDATE things SET shade = 'green'"));
}

TEST_ON_BOTH(an_index_is_added_changed_and_dropped_in_a_filled_table)
{
    struct small small;
    small_begin_filled(scratch, &small);
    small.things_indexes[0] = (struct index){ .on = { 3, 4 }, .unique = true };
    CHECK(small_migrates(scratch, &small));
    CHECK(!small_accepts(scratch, "UPDATE things SET weight = 1, name = 'a'"));
    small.things_indexes[0].where = "colour = 'green'";
    CHECK(small_migrates(scratch, &small));
    CHECK(small_accepts(scratch, "UPDATE things SET weight = 1, name = 'a'"));
    small.things_indexes[0] = (struct index){ .on = { 3 } };
    CHECK(small_migrates(scratch, &small));
    CHECK(small_accepts(scratch, "UPDATE things SET colour = 'green'"));
}

TEST_ON_BOTH(a_list_of_choices_grows)
{
    struct small small;
    small_begin_filled(scratch, &small);
    CHECK(!small_accepts(scratch, "UPDATE things SET colour = 'blue'"));
    small.things_columns[THING_COLOUR].choices = &three_colours;
    CHECK(small_migrates(scratch, &small));
    CHECK(small_accepts(scratch, "UPDATE things SET colour = 'blue'"));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE weight = 1 AND name = 'a'") == 1);
    CHECK(!small_accepts(scratch, "DELETE FROM boxes")); /* references hold as before */
}

TEST_ON_BOTH(a_rule_changes_and_a_column_becomes_required)
{
    struct small small;
    small_begin_filled(scratch, &small);
    scratch_script(scratch, "UPDATE things SET weight = 5, name = 'b'");
    small.things_constraints[0].sql = "weight >= 5";
    small.things_columns[THING_NAME].is |= REQUIRED;
    CHECK(small_migrates(scratch, &small));
    CHECK(!small_accepts(scratch, "UPDATE things SET weight = 4"));
    CHECK(!small_accepts(scratch, "UPDATE things SET name = NULL"));
    small.things_columns[THING_NAME].is &= ~(unsigned)REQUIRED;
    small.things_constraints[0] = (struct constraint){};
    CHECK(small_migrates(scratch, &small));
    CHECK(small_accepts(scratch, "UPDATE things SET name = NULL, weight = -1"));
}

TEST_ON_BOTH(a_default_changes_and_a_number_becomes_a_text)
{
    struct small small;
    small_begin_filled(scratch, &small);
    small.things_constraints[0] = (struct constraint){};
    CHECK(small_migrates(scratch, &small));
    small.things_columns[THING_COLOUR].initially = "green";
    small.things_columns[THING_WEIGHT].type = TYPE_text;
    CHECK(small_migrates(scratch, &small));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE weight = '1'") == 1);
    scratch_script(scratch, "INSERT INTO boxes (id) VALUES (" FIRST_ID ")");
    scratch_script(scratch, "INSERT INTO things (id) VALUES (" BOX_ID ")");
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE colour = 'green'") == 2);
}

TEST_ON_BOTH(an_empty_column_and_an_empty_table_go)
{
    struct small small;
    small_begin_filled(scratch, &small);
    scratch_script(scratch, "UPDATE things SET box_id = NULL");
    scratch_script(scratch, "DELETE FROM boxes");
    small.things.width = THING_BOX_ID;
    small.tables[1] = NULL;
    CHECK(small_migrates(scratch, &small));
    CHECK(!small_accepts(scratch, "SELECT box_id FROM things"));
    CHECK(!small_accepts(scratch, "SELECT id FROM boxes"));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things") == 2);
}

TEST_ON_BOTH(what_would_lose_data_is_refused_and_nothing_done)
{
    struct small small, changed;
    small_begin_filled(scratch, &small);

    small_copy(&changed, &small);
    changed.things.width = THING_BOX_ID;
    CHECK(small_is_refused(scratch, &changed, "column things.box_id is not in the model and holds values"));

    changed.things.width = THING_WIDTH;
    changed.things_columns[THING_COLOUR].choices = &one_colour;
    CHECK(small_is_refused(scratch, &changed, "rows of things break the rule"));

    changed.things_columns[THING_COLOUR].choices = &two_colours;
    changed.things_columns[THING_NAME].is = REQUIRED;
    CHECK(small_is_refused(scratch, &changed, "column things.name is required now"));

    changed.things_columns[THING_NAME] = small.things_columns[THING_NAME];
    changed.things_columns[THING_NAME].type = TYPE_boolean;
    CHECK(small_is_refused(scratch, &changed, "column things.name would change from"));

    changed.things_columns[THING_NAME] = small.things_columns[THING_NAME];
    small_add_column(&changed, (struct column){ .name = "size", .type = TYPE_integer, .is = REQUIRED });
    CHECK(small_is_refused(scratch, &changed, "column things.size is new and required"));

    changed.things.width = THING_WIDTH;
    scratch_script(scratch, "UPDATE things SET name = 'a'");
    changed.things_columns[THING_NAME].is = UNIQUE;
    CHECK(small_is_refused(scratch, &changed, "rows of things are not unique"));

    changed.things_columns[THING_NAME] = small.things_columns[THING_NAME];
    changed.things_columns[THING_BOX_ID].references = NULL;
    changed.tables[1] = NULL;
    CHECK(small_is_refused(scratch, &changed, "table boxes is not in the model and holds rows"));

    struct error error;
    CHECK(small_migrate(scratch, &small, &error) == 0);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE box_id = " BOX_ID) == 1);
}

/* More than are folded in one transaction. */
static void add_many_things(struct scratch *scratch)
{
    struct buffer sql = { .arena = scratch->arena };
    buffer_print(&sql, "BEGIN;");
    for (int i = 100; i < 350; i++)
        buffer_print(&sql,
                     "INSERT INTO things (id, name) VALUES ('00000000-0000-7000-8000-000000000%d', 'X%d');",
                     i, i);
    buffer_print(&sql, "COMMIT");
    scratch_script(scratch, sql.data);
}

TEST_ON_BOTH(what_is_searched_is_folded_anew_in_every_row)
{
    struct small small;
    small_begin_filled(scratch, &small);
    scratch_script(scratch, "UPDATE things SET name = 'Ñandú' WHERE id = " FIRST_ID);
    add_many_things(scratch);
    small.things_columns[THING_NAME].is |= SEARCHED;
    CHECK(small_migrates(scratch, &small));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE search = 'nandu'") == 1);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE search = ''") == 1);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE search LIKE 'x%'") == 250);
    small.things_columns[THING_COLOUR].is |= SEARCHED;
    CHECK(small_migrates(scratch, &small));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE search LIKE 'red%nandu'") == 1);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE search = 'green'") == 1);
    /* An earlier version folded them in another way. */
    scratch_script(scratch, "UPDATE things SET search = 'spoilt'; UPDATE schema_objects SET definition = "
                            "replace(definition, '; folding ', '; folding 0')");
    CHECK(small_migrates(scratch, &small));
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE search = 'spoilt'") == 0);
    CHECK(scratch_number(scratch, "SELECT count(*) FROM things WHERE search = 'green'") == 1);
}
