/* The model as C: an enum for each list of choices, a struct for each row, a constant for each table. */
#pragma once
#include "model/table.h"

/* clang-format off */
#define CHOICE_NAME(list, word) list##_##word,
#define CHOICES(list, ...) enum list { EACH(CHOICE_NAME, list, __VA_ARGS__) list##_count }; extern const struct choices list##_choices;
#define TABLE(row, plural, ...) struct row##_width {
#define COLUMN(type, column, ...) char column;
#define INDEX(row, ...)
#define CONSTRAINT(row, ...)
#define END(row) };
#include "model/tables/all.def"

#define CHOICES(...)
#define TABLE(row, plural, ...) struct row { union { struct value cells[sizeof(struct row##_width)]; struct {
#define COLUMN(type, column, ...) struct value column;
#define INDEX(row, ...)
#define CONSTRAINT(row, ...)
#define END(row) }; }; };
#include "model/tables/all.def"

#define CHOICES(...)
#define TABLE(row, plural, ...) extern const struct table plural##_table;
#define COLUMN(...)
#define INDEX(...)
#define CONSTRAINT(...)
#define END(row)
#include "model/tables/all.def"

/* Positions of columns, counted from 1, so that 0 says none. A misspelt column does not compile. */
#define AT(row, ...) EACH(AT_ONE, row, __VA_ARGS__)
#define AT_ONE(row, column) (uint8_t)(offsetof(struct row, column) / sizeof(struct value) + 1),
#define ONE(row, column) (uint8_t)(offsetof(struct row, column) / sizeof(struct value) + 1)
/* clang-format on */

/* Is the cell this word of the list? is_choice(tenant.plan_status, plan_status, trial) */
#define is_choice(value, list, word) text_equal((value).text, list##_choices.texts[list##_##word])
/* The word as a cell: choice_value(plan_status, trial) */
#define choice_value(list, word) value_text(list##_choices.texts[list##_##word])

/* Tables, inner ones and shapes, ended by NULL. */
extern const struct table *const all_tables[];

const struct table *table_named(struct text name); /* NULL: none */
const struct column *column_named(const struct table *table, struct text name);
bool table_is_searched(const struct table *table); /* has it a column that is SEARCHED? */
/* Where the column stands in the row's cells. */
static inline size_t column_index(const struct table *table, const struct column *column)
{
    return (size_t)(column - table->columns);
}
