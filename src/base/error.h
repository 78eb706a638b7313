/*
 * Why something could not be done, filled in where it is first known.
 *
 * A code is stable, part of the API's contract, and has its words in errors.def in English and Spanish. Where
 * a code's words hold "{}", `about` stands there: names and limits, never secrets, needing no translation.
 */
#pragma once
#include "base/text.h"

/* Each is one HTTP status. */
enum error_kind {
    KIND_NONE,
    KIND_UNREADABLE,      /* 400 */
    KIND_UNAUTHENTICATED, /* 401 */
    KIND_FORBIDDEN,       /* 403 */
    KIND_NOT_FOUND,       /* 404 */
    KIND_NOT_ALLOWED,     /* 405 */
    KIND_CONFLICT,        /* 409 */
    KIND_PRECONDITION,    /* 412 */
    KIND_TOO_LARGE,       /* 413 */
    KIND_UNSUPPORTED,     /* 415 */
    KIND_RANGE,           /* 416 */
    KIND_INVALID,         /* 422 */
    KIND_LIMITED,         /* 429 */
    KIND_INTERNAL,        /* 500: our fault; logged whole, told to no one */
    KIND_UNAVAILABLE,     /* 503: may be tried again */
    KIND_COUNT
};

enum error_code {
    ERROR_none,
#define ERROR(code, kind, english, spanish) ERROR_##code,
#include "base/errors.def"
#undef ERROR
    ERROR_COUNT
};

struct error_words {
    const char *code;
    enum error_kind kind;
    const char *english, *spanish;
};
extern const struct error_words error_words[ERROR_COUNT];

enum { FAULTS_MAX = 16, POINTER_MAX = 80, ABOUT_MAX = 160 };

/* One fault of a body or a query string: where it is and what it is. */
struct fault {
    char pointer[POINTER_MAX]; /* JSON pointer (RFC 6901), or a parameter's name */
    enum error_code code;
    char about[ABOUT_MAX];
};

struct error {
    enum error_code code;
    int retry_after_seconds; /* 0 = not told */
    char about[ABOUT_MAX * 2];
    size_t fault_count;
    struct fault faults[FAULTS_MAX];
};

/* Fills in the error and returns false, so that callers write
 * `return fail(...)`. The format gives `about`. */
[[gnu::format(printf, 3, 4)]] bool fail(struct error *error, enum error_code code, const char *format, ...);

/*
 * Adds a fault and returns false; faults beyond FAULTS_MAX are dropped. The error's own code becomes
 * `invalid_body`, or stays what it is if one is set.
 */
[[gnu::format(printf, 4, 5)]] bool fail_at(struct error *error, const char *pointer, enum error_code code,
                                           const char *format, ...);

void error_clear(struct error *error);
enum error_kind error_kind(const struct error *error);
