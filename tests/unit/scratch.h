/*
 * An empty database for a test, on either engine, gone at its end. PostgreSQL's lies in the cluster that
 * NIDIA_TEST_POSTGRES names; without it those tests say that they were skipped, or fail where
 * NIDIA_TEST_REQUIRE_POSTGRES is 1.
 */
#pragma once
#include "sql/database.h"

struct scratch {
    enum engine engine;
    char folder[64]; /* of the SQLite file */
    char place[256]; /* its path, or PostgreSQL's URL */
    char name[64];   /* of the PostgreSQL database */
    struct arena *arena;
    struct db *db; /* may write */
};

[[nodiscard]] bool scratch_begin(struct scratch *scratch, enum engine engine);
/*
 * The same with what the script makes in it. PostgreSQL copies a database that is made once for each script
 * and stays in the cluster, since copying takes a tenth of the time.
 */
[[nodiscard]] bool scratch_begin_with(struct scratch *scratch, enum engine engine, struct text script);
void scratch_end(struct scratch *scratch);

/* One more connection that may write. Ends the program if there is none to be had. */
struct db *scratch_connect(const struct scratch *scratch);
struct database_options scratch_options(const struct scratch *scratch);

void scratch_run(enum engine engine, void (*test)(struct scratch *scratch));

/* PostgreSQL's session is ended by the server. Returns when its end can be seen here. */
void scratch_end_session(struct scratch *scratch);

/* Must succeed; for what a test stands on. */
void scratch_script(struct scratch *scratch, const char *sql);
int64_t scratch_number(struct scratch *scratch, const char *sql); /* the first cell */

#define TEST_ON(name, ...)                                                                                   \
    static void name##_on(struct scratch *scratch);                                                          \
    TEST(name)                                                                                               \
    {                                                                                                        \
        const enum engine engines[] = { __VA_ARGS__ };                                                       \
        for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)                                        \
            scratch_run(engines[i], name##_on);                                                              \
    }                                                                                                        \
    static void name##_on(struct scratch *scratch)

#define TEST_ON_BOTH(name)     TEST_ON(name, ENGINE_SQLITE, ENGINE_POSTGRES)
#define TEST_ON_POSTGRES(name) TEST_ON(name, ENGINE_POSTGRES)
#define TEST_ON_SQLITE(name)   TEST_ON(name, ENGINE_SQLITE)
