/* What tenants consume: never over the limit on a node, each quantity counted once, each month anew. */
#include "base/clock.h"
#include "base/zone.h"
#include "tenancy_world.h"
#include "usage/usage.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 100, THREADS = 8, TRIES = 40 };

/* A tenancy with what consumes, and a tenant that may send LIMIT e-mails a month. */
struct usage_world {
    struct tenancy_world tenancy;
    struct tenant tenant;
};

static void begin(struct usage_world *usage, struct world *world, const char *zone)
{
    tenancy_begin(&usage->tenancy, world);
    world->site.usage = usage_create();
    usage->tenant = (struct tenant){
        .timezone = value_string(zone),
        .max_monthly_emails = value_integer(LIMIT),
        .max_monthly_whatsapp = value_integer(LIMIT),
    };
    tenancy_create(world, "acme", &usage->tenant);
    tenancy_run_jobs(&usage->tenancy);
}

static void end(struct usage_world *usage)
{
    usage_destroy(usage->tenancy.world->site.usage);
    tenancy_end(&usage->tenancy);
}

static bool consume(struct work *work, const struct tenant *tenant, int64_t quantity)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(work->site->directory);
    const struct directory_entry *entry = directory_find(work->site->directory, ENTRY_id, tenant->id.text);
    struct use_taken taken;
    error_clear(&work->error);
    return usage_consume(work, entry, LIMIT_monthly_emails, quantity, &taken);
}

struct exactly {
    struct text tenant_id;
    int64_t quantity;
};

static bool consume_in_transaction(struct work *work, void *data)
{
    const struct exactly *exactly = data;
    struct use_taken taken;
    return usage_consume_exactly(work, exactly->tenant_id, LIMIT_monthly_emails, exactly->quantity, &taken);
}

static bool consume_exactly(struct work *work, const struct tenant *tenant, int64_t quantity)
{
    error_clear(&work->error);
    return db_transact(work, consume_in_transaction, &(struct exactly){ tenant->id.text, quantity });
}

static int64_t shown(struct work *work, const struct tenant *tenant)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(work->site->directory);
    const struct directory_entry *entry = directory_find(work->site->directory, ENTRY_id, tenant->id.text);
    const struct use_moment moment = directory_entry_moment(entry, work->now);
    int64_t used[LIMIT_COUNT];
    tenant_use_read(entry->use, &moment, used);
    return used[LIMIT_monthly_emails];
}

static int64_t stored(struct world *world)
{
    return world_number(world, "SELECT current_monthly_emails FROM tenants");
}

static bool write_all(struct world *world)
{
    error_clear(&world->work.error);
    return usage_write(&world->work);
}

TEST_IN_WORLD(what_is_consumed_from_memory_is_shown_at_once_and_written_a_moment_later)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    CHECK(consume(&world->work, &usage.tenant, 60) && consume(&world->work, &usage.tenant, 39));
    CHECK(!consume(&world->work, &usage.tenant, 2) && world->work.error.code == ERROR_limit_reached);
    CHECK(consume(&world->work, &usage.tenant, 1));
    CHECK(shown(&world->work, &usage.tenant) == LIMIT && stored(world) == 0);
    CHECK(write_all(world) && stored(world) == LIMIT);
    CHECK(write_all(world) && stored(world) == LIMIT && shown(&world->work, &usage.tenant) == LIMIT);
    CHECK(world_number(world, "SELECT emails_sent FROM tenant_usage_daily") == LIMIT);
    end(&usage);
}

static int64_t emails_of(struct tenant_use *use, const struct use_moment *moment)
{
    int64_t used[LIMIT_COUNT];
    tenant_use_read(use, moment, used);
    return used[LIMIT_monthly_emails];
}

TEST(news_of_what_is_being_written_counts_it_once)
{
    const struct use_moment moment = { TEXT("UTC"), WORLD_BEGIN_MS };
    const int64_t written[LIMIT_COUNT] = { [LIMIT_monthly_emails] = 60 };
    const int64_t told[LIMIT_COUNT] = { [LIMIT_monthly_emails] = 65 }; /* and 5 of another node's */
    struct tenant_use *use = tenant_use_create();
    struct use_taken taken;
    CHECK(tenant_use_take(use, &moment, LIMIT_monthly_emails, 60, LIMIT, &taken));
    tenant_use_begin_write(use, taken.month, written);
    CHECK(tenant_use_take(use, &moment, LIMIT_monthly_emails, 10, LIMIT, &taken));
    tenant_use_learn(use, 1, taken.month, told);
    CHECK(emails_of(use, &moment) == 75);
    tenant_use_end_write(use, taken.month, written, true);
    tenant_use_learn(use, 1, taken.month, told);
    CHECK(emails_of(use, &moment) == 75);
    CHECK(!tenant_use_take(use, &moment, LIMIT_monthly_emails, 26, LIMIT, &taken) && taken.used == 75);
    CHECK(tenant_use_take(use, &moment, LIMIT_monthly_emails, 25, LIMIT, &taken));
    free(use);
}

/* A database that is away is not asked again and again for the many that wait. */
TEST_IN_WORLD(many_answers_end_one_wait_and_not_the_next)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    for (int i = 0; i < USAGE_WRITE_ANSWERS; i++)
        CHECK(consume(&world->work, &usage.tenant, 0));
    int64_t begun_us = clock_monotonic_us();
    CHECK(usage_wait(world->site.usage) && usage_wait(world->site.usage));
    CHECK(clock_monotonic_us() - begun_us >= USAGE_WRITE_MS * INT64_C(1'000));
    end(&usage);
}

/* ---- Many at once ---- */

struct racer {
    pthread_t thread;
    struct work *work;
    const struct tenant *tenant;
    int64_t allowed;
    bool from_memory, exactly;
};

static void *race(void *data)
{
    struct racer *racer = data;
    for (int i = 0; i < TRIES; i++) {
        bool memory = racer->from_memory && (!racer->exactly || i % 2 == 0);
        int64_t quantity = 1 + i % 3;
        bool done = memory ? consume(racer->work, racer->tenant, quantity)
                           : consume_exactly(racer->work, racer->tenant, quantity);
        racer->allowed += done ? quantity : 0;
    }
    return NULL;
}

/* Eight threads ask for far more than there is, while it is written again and again. */
static int64_t run_race(struct world *world, const struct tenant *tenant, bool from_memory, bool exactly)
{
    struct racer racers[THREADS];
    int64_t allowed = 0;
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){
            .work = world_add_work(world), .tenant = tenant, .from_memory = from_memory, .exactly = exactly
        };
        pthread_create(&racers[i].thread, NULL, race, &racers[i]);
    }
    for (int i = 0; i < 10; i++)
        CHECK(write_all(world));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(racers[i].thread, NULL);
        allowed += racers[i].allowed;
        world_end_work(racers[i].work);
    }
    CHECK(write_all(world));
    return allowed;
}

TEST_IN_WORLD(of_many_at_once_exactly_the_limit_is_given_from_memory)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    CHECK(run_race(world, &usage.tenant, true, false) == LIMIT);
    CHECK(stored(world) == LIMIT && shown(&world->work, &usage.tenant) == LIMIT);
    end(&usage);
}

TEST_IN_WORLD(of_many_at_once_exactly_the_limit_is_given_by_the_database)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    CHECK(run_race(world, &usage.tenant, false, true) == LIMIT);
    CHECK(stored(world) == LIMIT && shown(&world->work, &usage.tenant) == LIMIT);
    CHECK(world_number(world, "SELECT emails_sent FROM tenant_usage_daily") == LIMIT);
    end(&usage);
}

TEST_IN_WORLD(both_together_count_each_quantity_once)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    int64_t allowed = run_race(world, &usage.tenant, true, true);
    CHECK(stored(world) == allowed && shown(&world->work, &usage.tenant) == allowed);
    CHECK(allowed >= LIMIT - 3);
    end(&usage);
}

/* ---- Months ---- */

static const struct {
    const char *zone, *last, *first; /* the last instant of a month there, and the next one's first */
} turns[] = {
    { "America/Bogota", "2026-11-01T04:59:59.999Z", "2026-11-01T05:00:00Z" },
    { "Pacific/Kiritimati", "2026-10-31T09:59:59.999Z", "2026-10-31T10:00:00Z" }, /* +14 */
    { "Etc/GMT+12", "2026-11-01T11:59:59.999Z", "2026-11-01T12:00:00Z" },         /* -12 */
    { "America/New_York", "2026-11-01T03:59:59.999Z", "2026-11-01T04:00:00Z" }, /* winter comes that night */
    { "Asia/Kathmandu", "2026-10-31T18:14:59.999Z", "2026-10-31T18:15:00Z" },   /* +5:45 */
};

/* What the statement says of this tenant; it ends where the id is to stand. */
static int64_t ask_of(struct world *world, const char *sql, const struct tenant *tenant, const char *order)
{
    struct text id = tenant->id.text;
    return world_number(world,
                        arena_format(world->work.arena, "%s '%.*s' %s", sql, TEXT_ARG(id), order).data);
}

static void check_turn(struct world *world, const struct tenant *tenant, int64_t last, int64_t first)
{
    struct work *work = &world->work;
    work->now = last;
    CHECK(consume(work, tenant, LIMIT) && !consume(work, tenant, 1) && !consume_exactly(work, tenant, 1));
    work->now = first; /* what was taken in the old month is not written yet */
    CHECK(shown(work, tenant) == 0);
    CHECK(consume(work, tenant, 7) && write_all(world) && shown(work, tenant) == 7);
    static const char day[] = "SELECT emails_sent FROM tenant_usage_daily WHERE tenant_id =";
    CHECK(ask_of(world, "SELECT current_monthly_emails FROM tenants WHERE id =", tenant, "") == 7);
    CHECK(ask_of(world, day, tenant, "ORDER BY date") == LIMIT);
    CHECK(ask_of(world, day, tenant, "ORDER BY date DESC") == 7);
    CHECK(consume_exactly(work, tenant, LIMIT - 7));
    CHECK(!consume_exactly(work, tenant, 1) && !consume(work, tenant, 1));
}

TEST_IN_WORLD(a_month_ends_where_the_tenant_is)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        struct tenant tenant = { .timezone = value_string(turns[i].zone),
                                 .max_monthly_emails = value_integer(LIMIT) };
        int64_t last = 0, first = 0;
        test_note("%s", turns[i].zone);
        CHECK(calendar_read_time(text_from(turns[i].last), &last)
              && calendar_read_time(text_from(turns[i].first), &first));
        tenancy_create(world, arena_format(world->work.arena, "zone-%zu", i).data, &tenant);
        tenancy_run_jobs(&usage.tenancy);
        check_turn(world, &tenant, last, first);
    }
    end(&usage);
}

TEST_IN_WORLD(who_consumes_nothing_in_a_new_month_begins_it_too)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    struct work *work = &world->work;
    CHECK(calendar_read_time(TEXT("2026-11-01T04:00:00Z"), &work->now)); /* still October there */
    CHECK(consume(work, &usage.tenant, 9) && write_all(world));
    CHECK(usage_periodics[0].run(work) && stored(world) == 9);
    work->now += HOUR_MS;
    CHECK(usage_periodics[0].run(work) && stored(world) == 0 && shown(work, &usage.tenant) == 0);
    CHECK(text_is(world_ask(world, "SELECT CAST(usage_month AS text) FROM tenants").text, "2026-11-01"));
    CHECK(world_number(world, "SELECT count(*) FROM tenant_usage_daily") == 1);
    end(&usage);
}

TEST(the_clock_on_the_wall_follows_the_zones_summer)
{
    static const struct {
        const char *zone, *utc, *local;
    } walls[] = {
        { "America/Bogota", "2026-11-01T04:59:59Z", "2026-10-31T23:59:59Z" },
        { "America/New_York", "2026-11-01T05:59:59Z", "2026-11-01T01:59:59Z" },
        { "America/New_York", "2026-11-01T06:00:00Z", "2026-11-01T01:00:00Z" },
        { "Europe/Madrid", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z" },
        { "Nowhere/Nothing", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z" },
    };
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
        int64_t utc = 0, local = 0;
        CHECK(calendar_read_time(text_from(walls[i].utc), &utc)
              && calendar_read_time(text_from(walls[i].local), &local));
        CHECK(zone_local_ms(text_from(walls[i].zone), utc) == local);
    }
}

/* ---- Storage ---- */

static bool forget_size(struct work *work, void *)
{
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, "UPDATE tenants SET current_storage_gb = 0",
                  NO_PARAMETERS);
}

/* Measured again as if it had just come to be, with room for so much. */
static void measure_with(struct world *world, struct tenant *tenant, int64_t allowed)
{
    const struct tenant changes = { .max_storage_gb = value_integer(allowed) };
    tenancy_find(world, tenant->id.text, tenant);
    CHECK(world_try_update(&world->work, &tenants_table, tenant->cells, changes.cells, tenant->cells));
    CHECK(db_transact(&world->work, forget_size, NULL) && usage_periodics[1].run(&world->work));
}

TEST_IN_WORLD(storage_is_measured_from_the_databases_and_warned_of_each_time_it_comes_near)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    measure_with(world, &usage.tenant, 1'000'000);
    int64_t size = world_number(world, "SELECT current_storage_gb FROM tenants");
    CHECK(size > 0 && world_number(world, "SELECT storage_used_gb FROM tenant_usage_daily") == size);
    CHECK(world_number(world, "SELECT count(*) FROM usage_warnings") == 0);
    for (int times = 1; times <= 2; times++) {
        measure_with(world, &usage.tenant, size);
        measure_with(world, &usage.tenant, size);
        CHECK(world_number(world, "SELECT count(*) FROM usage_warnings WHERE ended_at IS NULL") == 2);
        measure_with(world, &usage.tenant, 1'000'000);
        CHECK(world_number(world, "SELECT count(*) FROM usage_warnings WHERE ended_at IS NULL") == 0);
        CHECK(world_number(world, "SELECT count(*) FROM usage_warnings") == 2 * times);
    }
    end(&usage);
}

/* ---- Warnings ---- */

static int64_t count_warnings(struct world *world, const char *condition)
{
    return world_number(
        world,
        arena_format(world->work.arena, "SELECT count(*) FROM usage_warnings WHERE %s", condition).data);
}

TEST_IN_WORLD(of_each_limit_is_warned_once_a_month_at_80_and_at_100_percent)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    struct work *work = &world->work;
    CHECK(consume(work, &usage.tenant, 79) && write_all(world));
    CHECK(count_warnings(world, "TRUE") == 0);
    CHECK(consume(work, &usage.tenant, 1) && write_all(world));
    CHECK(consume(work, &usage.tenant, 5) && write_all(world) && consume_exactly(work, &usage.tenant, 5));
    CHECK(count_warnings(world, "percent = 80 AND metric = 'monthly_emails' AND used = 80") == 1);
    CHECK(consume_exactly(work, &usage.tenant, 10) && !consume(work, &usage.tenant, 1));
    CHECK(count_warnings(world, "percent = 100") == 1 && count_warnings(world, "TRUE") == 2);
    CHECK(world_number(world, "SELECT count(*) FROM events WHERE type = 'usage_warning.created'") == 2);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE entity_type = 'usage_warnings'") == 2);
    work->now += INT64_C(32) * DAY_MS;
    CHECK(consume(work, &usage.tenant, LIMIT) && write_all(world));
    CHECK(count_warnings(world, "TRUE") == 4 && count_warnings(world, "percent = 80") == 2);
    end(&usage);
}

TEST_IN_WORLD(warnings_come_once_also_when_many_reach_the_limit_at_once)
{
    struct usage_world usage;
    begin(&usage, world, "America/Bogota");
    CHECK(run_race(world, &usage.tenant, false, true) == LIMIT);
    CHECK(count_warnings(world, "percent = 80") == 1 && count_warnings(world, "percent = 100") == 1);
    end(&usage);
}

/* ---- People ---- */

static void add_session(struct world *world, const struct user *user, const struct user *impersonator,
                        const char *token, int64_t used_at)
{
    struct user_session session = {
        .user_id = user->id,
        .tenant_id = user->tenant_id,
        .impersonator_id = impersonator ? impersonator->id : value_null(),
        .token_hash = value_string(token),
        .last_activity_at = value_time(used_at),
        .expires_at = value_time(used_at + DAY_MS),
        .idle_expires_at = value_time(used_at + DAY_MS),
    };
    world_create(world, &user_sessions_table, session.cells);
}

static bool count_people(struct world *world)
{
    for (const struct periodic *periodic = usage_periodics; periodic->name; periodic++)
        if (strcmp(periodic->name, "count_active_users") == 0)
            return periodic->run(&world->work);
    return false;
}

static bool use_all(struct work *work, void *)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE user_sessions SET last_activity_at = $1", PARAMETERS(value_time(work->now)));
}

TEST_IN_WORLD(people_are_counted_once_on_each_day_of_their_own_clocks)
{
    static const char days[] = "SELECT count(*) FROM tenant_usage_daily WHERE active_users > 0";
    static const char people[] = "SELECT max(active_users) FROM tenant_usage_daily";
    struct usage_world usage;
    struct user ana, luz, eva;
    begin(&usage, world, "America/Bogota");
    struct text tenant_id = usage.tenant.id.text;
    int64_t local = zone_local_ms(TEXT("America/Bogota"), world->work.now);
    world->work.now += DAY_MS - local % DAY_MS + HOUR_MS; /* one o'clock there; in UTC it is later */
    world_add_user(world, "ana@acme.test", TENANT_ADMIN, tenant_id, &ana);
    world_add_user(world, "luz@acme.test", TENANT_ADMIN, tenant_id, &luz);
    world_add_user(world, "eva@acme.test", TENANT_ADMIN, tenant_id, &eva);
    add_session(world, &ana, NULL, "1", world->work.now);
    add_session(world, &ana, NULL, "2", world->work.now - MINUTE_MS);
    add_session(world, &luz, NULL, "3", world->work.now - 30 * MINUTE_MS);
    add_session(world, &eva, &ana, "5", world->work.now);               /* not she herself */
    add_session(world, &eva, NULL, "4", world->work.now - 2 * HOUR_MS); /* yesterday */
    for (int round = 0; round < 2; round++)
        CHECK(count_people(world) && world_number(world, people) == 2 && world_number(world, days) == 1);
    world->work.now += 23 * HOUR_MS - MINUTE_MS;
    CHECK(db_transact(&world->work, use_all, NULL) && count_people(world));
    CHECK(world_number(world, people) == 3 && world_number(world, days) == 1);
    world->work.now += HOUR_MS; /* nobody came yet */
    CHECK(count_people(world) && world_number(world, people) == 3 && world_number(world, days) == 1);
    end(&usage);
}
