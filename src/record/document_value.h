/*
 * One value as a column wants it, from a document or a query string: what is read is well-formed, within the
 * column's bounds and spelled in the one way in which it is kept.
 */
#pragma once
#include "record/document.h"

struct document_reader {
    struct arena *arena;
    struct error *error;
    enum action action;
    enum role writer;
};

/* Adds a fault at a JSON pointer, and returns false. */
[[gnu::format(printf, 4, 5)]] bool document_fault(struct document_reader *reader, struct text pointer,
                                                  enum error_code code, const char *format, ...);

/* "/items/0" and "a/b" give "/items/0/a~1b". */
struct text document_pointer(struct arena *arena, struct text parent, struct text name);

/* Any value but null. */
[[nodiscard]] bool document_read_value(struct document_reader *reader, const struct column *column,
                                       const struct json *json, struct text pointer, struct value *value);

/* The members of one object, which is the whole body or a row of a TYPE_rows column. */
[[nodiscard]] bool document_read_members(struct document_reader *reader, const struct table *table,
                                         const struct json *json, struct text pointer, struct value *cells);

/* E-mail addresses and domains are kept in lower case. */
struct text column_spell(struct arena *arena, const struct column *column, struct text text);
