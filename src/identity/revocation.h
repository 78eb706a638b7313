/*
 * What was taken back while access tokens of it still live: ended sessions, sessions' epochs of users,
 * changed API keys, and tenants that are shut out.
 *
 * Every id has the least version that still counts: a session starts at 0 and is ended by 1, a user's is the
 * session_epoch, a key's the revision. A node remembers the changes of the last ten minutes, the life of an
 * access token, not all sessions; tenants that are shut out it remembers until they are let in again.
 */
#pragma once
#include "record/site.h"

enum { ACCESS_LIFE_MS = 10 * 60 * 1000 };
#define UNTIL_REOPENED INT64_MAX

struct revocations;
struct revocations *revocations_create(void);
void revocations_destroy(struct revocations *revocations);

/* Reads the last ten minutes from the database: at the start, and when a listener was deaf for a while. */
[[nodiscard]] bool revocations_load(struct work *work);

struct row_version {
    struct text id;
    int64_t version;
};
/* Do these versions of the rows still count? Quick, from any thread; an empty id always does. */
bool revocations_allow_all(struct revocations *revocations, const struct row_version *rows, size_t count);
bool revocations_allow(struct revocations *revocations, struct text id, int64_t version);

/* News of a row: the least version that counts from now on. `seen` orders news
 * of the same row, which can arrive in another order than it was made.
 * Forgotten at `until_ms`, or never where that is UNTIL_REOPENED. */
struct revocation {
    struct text id;
    int64_t least, seen, until_ms;
};
void revocations_mark(struct revocations *revocations, const struct revocation *news, int64_t now_ms);
size_t revocations_count(struct revocations *revocations);

/* A load is bracketed: what was shut out before it and is not told again in it has been let in meanwhile.
 * Several may be under way. */
struct revocations_reading {
    uint64_t load, doubts; /* the how manieth, and how many doubts there were */
};
struct revocations_reading revocations_load_begin(struct revocations *revocations);
void revocations_load_end(struct revocations *revocations, const struct revocations_reading *reading);
/* Not before the first load is over, nor once news could not be read: then the next who asks loads again. */
bool revocations_are_trusted(struct revocations *revocations);
void revocations_doubt(struct revocations *revocations);

/* Can memory answer? Not while the listener has been silent for over a second: then the database is asked. */
bool revocations_are_fresh(const struct site *site);

extern const struct watcher identity_watchers[]; /* ended by {} */
