/* One cell of a row, one bound parameter, one member of a document. */
#pragma once
#include "base/text.h"

struct value {
    enum value_kind {
        VALUE_ABSENT, /* not given: PATCH leaves the column as it is */
        VALUE_NULL,
        VALUE_BOOLEAN,
        VALUE_INTEGER, /* also money in minor units and GB in thousandths */
        VALUE_TIME,    /* milliseconds since 1970, UTC */
        VALUE_TEXT,    /* also UUID, choice, date and JSON */
    } kind;
    union {
        bool boolean;
        int64_t integer; /* of VALUE_TIME too */
        struct text text;
    };
};

static inline struct value value_null(void)
{
    return (struct value){ .kind = VALUE_NULL };
}
static inline struct value value_boolean(bool boolean)
{
    return (struct value){ .kind = VALUE_BOOLEAN, .boolean = boolean };
}
static inline struct value value_integer(int64_t integer)
{
    return (struct value){ .kind = VALUE_INTEGER, .integer = integer };
}
static inline struct value value_time(int64_t time_ms)
{
    return (struct value){ .kind = VALUE_TIME, .integer = time_ms };
}
static inline struct value value_text(struct text text)
{
    return (struct value){ .kind = VALUE_TEXT, .text = text };
}
static inline struct value value_string(const char *string)
{
    return value_text(text_from(string));
}
/* Empty text becomes NULL: for what is optional and comes from
 * outside the model (an address, a user agent). */
static inline struct value value_text_or_null(struct text text)
{
    return text.length > 0 ? value_text(text) : value_null();
}
static inline bool value_is_set(struct value value)
{
    return value.kind != VALUE_ABSENT && value.kind != VALUE_NULL;
}
static inline bool value_is_true(struct value value)
{
    return value.kind == VALUE_BOOLEAN && value.boolean;
}

bool value_equal(struct value a, struct value b);
