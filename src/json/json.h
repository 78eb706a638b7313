/*
 * JSON, strict (RFC 8259): one value in valid UTF-8 and nothing behind it, no duplicate keys, no lone
 * surrogates, no U+0000, depth JSON_DEPTH_MAX at most, numbers within reach of int64 or a double. Errors tell
 * the place.
 *
 * Texts without escapes point into the input; all else is in the arena. Numbers stay as they were written.
 */
#pragma once
#include "base/buffer.h"
#include "base/error.h"

enum {
    JSON_DEPTH_MAX = 32,
    JSON_NUMBER_MAX = 64,     /* characters */
    JSON_VALUES_MAX = 100'000 /* in one document: each costs memory */
};

enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    bool boolean;
    struct text text; /* of a text; of a number, as it was written */
    size_t count;     /* of an array's items or an object's members */
    union {
        const struct json *items;
        const struct json_member *members;
    };
};

struct json_member {
    struct text name;
    struct json value;
};

/* Fails with `malformed_json`, saying what and "at line L, column C". */
[[nodiscard]] bool json_read(struct text text, struct arena *arena, struct json *json, struct error *error);

/* NULL: not an object, or no such member. */
const struct json *json_member(const struct json *object, struct text name);
/* A member that is a text; empty where it is none, or is not there. */
struct text json_member_text(const struct json *object, const char *name);
/* A number without fraction, within int64 ("1e2", "1.0" too). */
[[nodiscard]] bool json_integer(const struct json *json, int64_t *integer);
/* A number as an integer of 10^-places, exact: 1.5 with 3 places is 1500; false where it has more places. */
[[nodiscard]] bool json_scaled(const struct json *json, int places, int64_t *scaled);
/* Is each of its numbers one that json_read takes even when written without its exponent? A database may
 * write it so: 1e300 has 301 digits. */
bool json_is_plain(const struct json *json);
/* Members in any order; numbers by value where integers. */
bool json_equal(const struct json *a, const struct json *b);

/* Writing. Text is escaped, U+2028 and the < of "</" and "<!" too, so that it may stand in a page. */
void json_add_text(struct buffer *buffer, struct text text);
void json_add(struct buffer *buffer, const struct json *json); /* compact; members in their order */
/* A member's name, with the comma before it unless it is the first: json_add_name(b, TEXT("id")). */
void json_add_name(struct buffer *buffer, struct text name);
void json_add_member(struct buffer *buffer, const char *identifier); /* the same: nothing of it is escaped */
void json_add_named_text(struct buffer *buffer, const char *name, struct text text); /* the whole member */
void json_add_scaled(struct buffer *buffer, int64_t scaled, int places); /* 1500 with 3 places is 1.5 */
