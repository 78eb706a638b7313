/* What the reader of query strings is made of: query.c knows the parameters, query_filter.c the filters,
 * query_cursor.c the cursors. */
#pragma once
#include "record/query.h"

struct query_reader {
    struct work *work;
    struct query *query;
    bool single;
    unsigned given; /* a bit for each parameter */
    struct text cursor;
};

/* Adds a fault of the parameter, and returns false. */
[[gnu::format(printf, 4, 5)]] bool query_fault(struct query_reader *reader, struct text name,
                                               enum error_code code, const char *format, ...);

/* NULL: there is none, or none for this reader. */
const struct column *query_column(const struct query_reader *reader, struct text name);

/* "column" or "column[operator]", and what it is compared with. */
[[nodiscard]] bool query_read_filter(struct query_reader *reader, struct text name, struct text value);

/* After all else was read. */
[[nodiscard]] bool query_read_cursor(struct query_reader *reader);
