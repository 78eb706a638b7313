/*
 * One question to somebody else's server over HTTPS: bounded in time and size, no redirects, no proxy, its
 * certificate held against authorities, and nothing said to addresses that are not public ones, unless that
 * is allowed.
 *
 * Blocks for at most FETCH_DEADLINE_MS: it is asked by no loop, nor within a transaction.
 */
#pragma once
#include "base/arena.h"

enum { FETCH_DEADLINE_MS = 5'000, FETCH_BODY_MAX = 256 * 1024, FETCH_WHY_MAX = 160 };

struct fetch {
    struct text url;           /* https://…; any other scheme fails */
    struct text form;          /* POSTed as application/x-www-form-urlencoded; empty: a GET */
    struct text authorization; /* the header's value; empty: none */
    const char *trusted;       /* a file of authorities; empty: the system's */
    bool allows_private;       /* addresses that are not public, too */
};

struct fetched {
    int status;
    struct text body;
    char why[FETCH_WHY_MAX]; /* there was no answer */
};

/* False where there was no whole answer within the bounds. An answer of any status is one. */
[[nodiscard]] bool fetch(struct arena *arena, const struct fetch *fetch, struct fetched *fetched);
