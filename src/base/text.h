/* Text with a length: never a hoped-for NUL. It is borrowed; whoever keeps it copies it into an arena. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    size_t length;
};

#define TEXT(literal) ((struct text){ "" literal, sizeof(literal) - 1 })
#define TEXT_BYTES(array)                                                                                    \
    ((struct text){ (const char *)(array), sizeof(array) }) /* of a whole array, not of a pointer */
#define TEXT_CONSTANT(literal)                                                                               \
    {                                                                                                        \
        "" literal, sizeof(literal) - 1                                                                      \
    }                                                  /* in a static initialiser */
#define TEXT_ARG(text) (int)(text).length, (text).data /* for "%.*s" */

/* NULL gives the empty text; of a literal the compiler knows the length. */
static inline struct text text_from(const char *string)
{
    return (struct text){ string ? string : "", string ? strlen(string) : 0 };
}

struct text text_slice(struct text text, size_t from, size_t to);
struct text text_trim(struct text text); /* spaces and tabs at both ends */

static inline char byte_lower(char byte) /* ASCII alone, whatever the locale */
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

bool text_equal(struct text a, struct text b);
bool text_equal_blind(struct text a, struct text b); /* ASCII letters alike in either case */
bool text_is(struct text text, const char *string);
bool text_starts(struct text text, struct text with);
bool text_ends(struct text text, struct text with);
int text_compare(struct text a, struct text b); /* by bytes, as memcmp */

/* Is it not empty, and each byte of it one of these? */
bool text_consists_of(struct text text, const char *bytes);

/* Where the byte stands first, or text.length. */
size_t text_find_byte(struct text text, char byte);
bool text_contains(struct text text, struct text part);

/* Cuts at the first separator: returns what stands before it, and leaves the rest in *rest (empty at the
 * end). */
struct text text_cut(struct text *rest, char separator);

/* Decimal digits with an optional minus, nothing else, within int64; false otherwise. */
[[nodiscard]] bool text_to_integer(struct text text, int64_t *integer);

enum { INTEGER_TEXT_SIZE = 20 };
/* The same number again; the text lies in `out`. */
struct text text_of_integer(int64_t integer, char out[static INTEGER_TEXT_SIZE]);

bool text_is_utf8(struct text text); /* RFC 3629: no overlong forms, no surrogates */
size_t text_count_points(struct text utf8);
struct text text_head(struct text utf8, size_t size_max); /* what fits of it, cut between code points */
uint64_t text_hash(struct text text);                     /* for tables in memory that no client can fill */
