/* A model of two tables that a test of migrations may alter: boxes, and things that lie in them. */
#pragma once
#include "record/migrate.h"
#include "scratch.h"

enum { SMALL_COLUMNS = 8, SMALL_TABLES = 4 };

struct small {
    struct column boxes_columns[SMALL_COLUMNS], things_columns[SMALL_COLUMNS];
    struct index things_indexes[3];
    struct constraint things_constraints[3];
    struct table boxes, things;
    const struct table *tables[SMALL_TABLES];
};

/* Where columns of things stand. */
enum { THING_COLOUR = 1, THING_WEIGHT, THING_NAME, THING_BOX_ID, THING_WIDTH };

extern const struct choices one_colour, two_colours, three_colours;

#define BOX_ID    "'00000000-0000-7000-8000-000000000001'"
#define FIRST_ID  "'00000000-0000-7000-8000-00000000000a'"
#define SECOND_ID "'00000000-0000-7000-8000-00000000000b'"

void small_begin(struct small *small);
void small_begin_filled(struct scratch *scratch, struct small *small); /* migrated, two things in a box */
void small_copy(struct small *copy, const struct small *small);
void small_add_column(struct small *small, struct column column); /* to things */

/* How many steps it took, or -1 and why not. */
int64_t small_migrate(struct scratch *scratch, const struct small *small, struct error *error);
/* In some steps; and then a second time in none, the tables being as the model says. */
bool small_migrates(struct scratch *scratch, const struct small *small);
bool small_is_refused(struct scratch *scratch, const struct small *small, const char *reason);
bool small_accepts(struct scratch *scratch, const char *sql);
