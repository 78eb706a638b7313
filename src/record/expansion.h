/*
 * References whose rows stand in their place (`expand=plan`): read for a whole page at once, one query a
 * reference, behind the wall of who reads. What that one may not see stays an id.
 */
#pragma once
#include "record/visibility.h"
#include "record/work.h"

enum { EXPANSIONS_MAX = 8 };

struct expansion {
    const struct column *column; /* the reference */
    struct column_set columns;   /* of the rows, that are shown */
    struct value *rows;          /* each references->width cells */
    size_t count;
};

struct expansions {
    struct expansion list[EXPANSIONS_MAX];
    size_t count;
};

/* "plan" of plan_id, "created_by" of created_by: how a query names the reference. */
struct text expansion_name(const struct column *column);
/* May the role expand it? */
bool expansion_possible(const struct column *column, enum role role);

/* Of `count` rows of the table, at most a page; `columns`: the references. */
[[nodiscard]] bool expansions_read(struct work *work, const struct table *table,
                                   const struct column_set *columns, const struct value *rows, size_t count,
                                   struct expansions *expansions);
/* The row that stands in the reference's place; NULL: none. */
const struct value *expansion_of(const struct expansions *expansions, const struct column *column,
                                 struct value reference, const struct expansion **expansion);
