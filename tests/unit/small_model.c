#include "small_model.h"
#include "tenancy/control_schema.h"
#include "test.h"
#include <string.h>

/* clang-format off */
const struct choices one_colour = { 1, (const struct text[]){ TEXT_CONSTANT("red") } };
const struct choices two_colours = { 2, (const struct text[]){ TEXT_CONSTANT("red"), TEXT_CONSTANT("green") } };
const struct choices three_colours = {
    3, (const struct text[]){ TEXT_CONSTANT("red"), TEXT_CONSTANT("green"), TEXT_CONSTANT("blue") }
};

void small_begin(struct small *small)
{
    static const struct index no_indexes[1];
    static const struct constraint no_constraints[1];
    *small = (struct small){
        .boxes_columns = { { .name = "id", .type = TYPE_uuid, .is = KEY }, { .name = "label", .type = TYPE_text } },
        .things_columns = {
            { .name = "id", .type = TYPE_uuid, .is = KEY },
            { .name = "colour", .type = TYPE_choice, .is = REQUIRED, .choices = &two_colours, .initially = "red" },
            { .name = "weight", .type = TYPE_integer },
            { .name = "name", .type = TYPE_text, .is = INDEXED },
            { .name = "box_id", .type = TYPE_reference, .references = &small->boxes },
        },
        .things_constraints = { { "thing_weighs", "weight >= 0", "" } },
        .boxes = { .name = "boxes", .columns = small->boxes_columns, .width = 2,
                   .indexes = no_indexes, .constraints = no_constraints },
        .things = { .name = "things", .columns = small->things_columns, .width = THING_WIDTH,
                    .indexes = small->things_indexes, .constraints = small->things_constraints },
        .tables = { &small->things, &small->boxes },
    };
}
/* clang-format on */

void small_begin_filled(struct scratch *scratch, struct small *small)
{
    small_begin(small);
    CHECK(small_migrates(scratch, small));
    scratch_script(scratch, "INSERT INTO boxes (id, label) VALUES (" BOX_ID ", 'first')");
    scratch_script(scratch,
                   "INSERT INTO things (id, colour, weight, name, box_id) VALUES "
                   "(" FIRST_ID ", 'red', 1, 'a', " BOX_ID "), (" SECOND_ID ", 'green', NULL, NULL, NULL)");
}

void small_copy(struct small *copy, const struct small *small)
{
    *copy = *small;
    copy->boxes.columns = copy->boxes_columns;
    copy->things.columns = copy->things_columns;
    copy->things.indexes = copy->things_indexes;
    copy->things.constraints = copy->things_constraints;
    copy->tables[0] = &copy->things;
}

void small_add_column(struct small *small, struct column column)
{
    small->things_columns[small->things.width++] = column;
}

int64_t small_migrate(struct scratch *scratch, const struct small *small, struct error *error)
{
    size_t steps;
    *error = (struct error){};
    return migrate_run_for(scratch->db, scratch->arena, small->tables, &steps, error) ? (int64_t)steps : -1;
}

/* What the database itself says, beside the ledger. */
static bool is_as_the_model_says(struct scratch *scratch, const struct small *small)
{
    struct schema_differences differences;
    struct error error = {};
    if (!control_schema_compare(scratch->db, scratch->arena, small->tables, &differences, &error))
        test_note("%s: %s", error_words[error.code].code, error.about);
    else if (differences.count > 0)
        test_note("%.*s", TEXT_ARG(schema_differences_write(scratch->arena, &differences, 10)));
    else
        return true;
    return false;
}

bool small_migrates(struct scratch *scratch, const struct small *small)
{
    struct error error;
    bool good = small_migrate(scratch, small, &error) > 0 && small_migrate(scratch, small, &error) == 0;
    if (!good)
        test_note("%s: %s", error_words[error.code].code, error.about);
    return good && is_as_the_model_says(scratch, small);
}

bool small_is_refused(struct scratch *scratch, const struct small *small, const char *reason)
{
    struct error error;
    int64_t steps = small_migrate(scratch, small, &error);
    if (steps == -1 && error.code == ERROR_conflict && strstr(error.about, reason))
        return true;
    test_note("%lld steps, %s: %s", (long long)steps, error_words[error.code].code, error.about);
    return false;
}

bool small_accepts(struct scratch *scratch, const char *sql)
{
    struct error error = {};
    return db_run_script(scratch->db, &error, sql);
}
