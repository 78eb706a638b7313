#include "model/model.h"

/* clang-format off */
#define CHOICE_TEXT(list, word) TEXT_CONSTANT(#word),
#define CHOICES(list, ...) const struct choices list##_choices = { list##_count, (const struct text[]){ EACH(CHOICE_TEXT, list, __VA_ARGS__) } };
#define TABLE(row, plural, ...) static const struct column row##_columns[] = {
#define COLUMN(kind, column, ...) { .name = #column, .type = TYPE_##kind, __VA_ARGS__ },
#define INDEX(row, ...)
#define CONSTRAINT(row, ...)
#define END(row) };
#include "model/tables/all.def"

#define CHOICES(...)
#define TABLE(row, plural, ...) static const struct index row##_indexes[] = {
#define COLUMN(...)
#define INDEX(row, ...) { __VA_ARGS__ },
#define CONSTRAINT(row, ...)
#define END(row) { .on = { 0 } } };
#include "model/tables/all.def"

#define CHOICES(...)
#define TABLE(row, plural, ...) static const struct constraint row##_constraints[] = {
#define COLUMN(...)
#define INDEX(row, ...)
#define CONSTRAINT(row, name, sql, says) { #row "_" #name, sql, says },
#define END(row) { NULL, NULL, NULL } };
#include "model/tables/all.def"

#define CHOICES(...)
#define TABLE(row, plural, ...) const struct table plural##_table = { .name = #plural, .row_name = #row, \
    .columns = row##_columns, .indexes = row##_indexes, .constraints = row##_constraints, \
    .width = sizeof(struct row##_width), __VA_ARGS__ };
#define COLUMN(...)
#define INDEX(...)
#define CONSTRAINT(...)
#define END(row)
#include "model/tables/all.def"

const struct table *const all_tables[] = {
#define CHOICES(...)
#define TABLE(row, plural, ...) &plural##_table,
#define COLUMN(...)
#define INDEX(...)
#define CONSTRAINT(...)
#define END(row)
#include "model/tables/all.def"
    NULL,
};
/* clang-format on */

const struct table *table_named(struct text name)
{
    for (const struct table *const *table = all_tables; *table; table++)
        if (text_is(name, (*table)->name))
            return *table;
    return NULL;
}

const struct column *column_named(const struct table *table, struct text name)
{
    for (const struct column *column = table->columns; column < table->columns + table->width; column++)
        if (text_is(name, column->name))
            return column;
    return NULL;
}

bool table_is_searched(const struct table *table)
{
    for (size_t i = 0; i < table->width; i++)
        if (table->columns[i].is & SEARCHED)
            return true;
    return false;
}
