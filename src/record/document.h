/* Rows as JSON and back, by walking the columns. */
#pragma once
#include "record/visibility.h"
#include "record/work.h"
#include "json/json.h"

enum { LIST_TEXT_MAX = 1000 /* code points of each text of a TYPE_texts column */ };

/* One row as an object with the columns of the set, in the model's order. NULL and what is absent as null;
 * never a SECRET. */
void document_write(struct buffer *json, const struct table *table, const struct value *cells,
                    const struct column_set *columns);

/* The same, with rows in the place of references. NULL: none. */
struct expansions;
void document_write_expanded(struct buffer *json, const struct table *table, const struct value *cells,
                             const struct column_set *columns, const struct expansions *expansions);

/* One value as it stands in such an object. */
void document_write_value(struct buffer *json, const struct column *column, struct value value);

/*
 * Reads a body into cells (VALUE_ABSENT where not given) and checks it for the action and the role: unknown
 * and unsettable members, types, bounds, choices, formats; on CREATE what is required and has no default. All
 * faults at once, as JSON pointers. Does not look into the database.
 */
[[nodiscard]] bool document_read(const struct table *table, const struct json *json, enum action action,
                                 enum role writer, struct arena *arena, struct value *cells,
                                 struct error *error);

/* One value as it stands in a query string or a path: "2026-01-31", "true", "12.5". */
[[nodiscard]] bool column_read_text(const struct column *column, struct text text, struct value *value);

struct value *record_new(struct arena *arena, const struct table *table); /* all absent */
