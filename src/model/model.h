/* The model as C: an enum for each list of choices, a struct for each row, a constant for each table. */
#pragma once
#include "model/table.h"

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

#define is_choice(value, list, word) text_is((value).text, list##_choices.texts[list##_##word])

extern const struct table *const all_tables[];
