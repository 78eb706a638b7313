/*
 * A world for a test: a database of the model on either engine, a key ring, settings, an actor and a time of
 * its own. A test in a world runs on both engines:
 *
 *     TEST_IN_WORLD(a_suspended_tenant_is_shut_out) { world_add_tenant(world, "acme", &tenant); … }
 *
 * What a test stands on must succeed: the helpers end the program where it does not.
 */
#pragma once
#include "model/model.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "scratch.h"
#include "settings/options.h"
#include "test.h"

#define WORLD_BEGIN_MS INT64_C(1'790'000'000'000) /* in September 2026 */

struct world {
    struct scratch scratch;
    struct options options; /* the defaults, with the scratch folder for data */
    struct site site;
    struct work work; /* the system's, until world_act_as */
};

/* False: there is no cluster for PostgreSQL. */
[[nodiscard]] bool world_begin(struct world *world, enum engine engine);
void world_end(struct world *world);
void world_run(enum engine engine, void (*test)(struct world *world));
/* What world_begin and world_end do beside the database: for a
 * process that finds it where another made it. */
void world_open(struct world *world);
void world_close(struct world *world);

/* A work of its own with its own connection and arena, for another thread or another node. */
struct work *world_add_work(struct world *world);
void world_end_work(struct work *work);

void world_act_as(struct world *world, enum role role, struct text user_id, struct text tenant_id);
void world_act_as_system(struct world *world);

/* Through the real store, as the system. The cells hold what the test cares for; the rest is filled in. */
void world_create(struct world *world, const struct table *table, struct value *cells);
void world_add_plan(struct world *world, const char *name, struct plan *plan);
void world_add_tenant(struct world *world, const char *slug, struct tenant *tenant);
void world_add_user(struct world *world, const char *email, enum role role, struct text tenant_id,
                    struct user *user);

/* The same in a transaction, as the work's actor, giving back whether it was done. */
bool world_try_create(struct work *work, const struct table *table, struct value *cells);
bool world_try_update(struct work *work, const struct table *table, const struct value *before,
                      const struct value *changes, struct value *after);
bool world_try_remove(struct work *work, const struct table *table, const struct value *before);

/* The first cell of a statement's answer. */
struct value world_ask(struct world *world, const char *sql);
int64_t world_number(struct world *world, const char *sql);

#define TEST_IN_WORLD(name)                                                                                  \
    static void name##_in(struct world *world);                                                              \
    TEST(name)                                                                                               \
    {                                                                                                        \
        world_run(ENGINE_SQLITE, name##_in);                                                                 \
        world_run(ENGINE_POSTGRES, name##_in);                                                               \
    }                                                                                                        \
    static void name##_in(struct world *world)
