/*
 * A list's query string (API.md "Records"), read and checked against the table and the reader.
 *
 * Every fault names its parameter and is a 400. A column that the reader may not see does not exist.
 */
#pragma once
#include "record/visibility.h"
#include "record/work.h"

enum {
    LIMIT_MAX = 100,
    LIMIT_DEFAULT = 20,
    FILTERS_MAX = 16,
    IN_MAX = 100,
    SEARCH_MAX = 200,
    CURSOR_MAX = 2560,
    QUERY_PARAMETERS_MAX = 40
};

enum comparison {
    COMPARISON_eq,
    COMPARISON_ne,
    COMPARISON_gt,
    COMPARISON_gte,
    COMPARISON_lt,
    COMPARISON_lte,
    COMPARISON_in,
    COMPARISON_null,
    COMPARISON_COUNT
};
extern const char *const comparison_names[COMPARISON_COUNT];

struct filter {
    const struct column *column;
    enum comparison comparison;
    const struct value *values; /* one, or several of COMPARISON_in */
    size_t value_count;
};

struct query {
    const struct table *table;
    struct filter filters[FILTERS_MAX];
    size_t filter_count;
    const struct column *sort; /* NULL: by id */
    bool descending;
    int limit;
    bool count;                 /* total wanted */
    struct text search;         /* folded; empty: none */
    struct column_set columns;  /* to be shown */
    struct column_set expanded; /* of them, references that give way to their rows */
    bool after;                 /* a cursor was given: the rows behind (cursor_value, cursor_id) */
    struct value cursor_value;
    struct text cursor_id;
};

/* `text` is the query string as it came, percent-encoded. `single`: only `fields` and `expand` are allowed.
 */
[[nodiscard]] bool query_read(struct work *work, const struct table *table, struct text text, bool single,
                              struct query *query);

/* The opaque cursor of the last row: signed under the key ring and bound to table, sort and filters. */
struct text query_cursor(struct work *work, const struct query *query, const struct value *last_row);
