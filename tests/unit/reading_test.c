/* What is read into memory while it changes: whoever read before the change does not have the last word. */
#include "app/parts.h"
#include "crypto/seal.h"
#include "hosting/host.h"
#include "hosting/host_trial.h"
#include "identity/revocation.h"
#include "meanwhile.h"
#include "record/subject.h"
#include "settings/settings.h"
#include "tenancy_world.h"
#include "usage/seats.h"
#include "usage/usage.h"

static const struct text late = TEXT_CONSTANT("01890a5d-ac96-774b-bcce-b302099a8057");

/* Another thread, or what this node hears from another one. */
struct other {
    struct world *world;
    struct work *work;
    struct text subject_id;
};

/* Reads by this world's own work from now on; `happens` comes behind its next answer. */
static void read_while(struct meanwhile *meanwhile, struct other *other, struct world *world,
                       void (*happens)(void *other))
{
    *other = (struct other){ .world = world, .work = world_add_work(world) };
    world->work.db = meanwhile_reading(meanwhile, world->work.db, happens, other);
}

static void read_alone(struct meanwhile *meanwhile, struct other *other)
{
    other->world->work.db = meanwhile->real;
    world_end_work(other->work);
}

/* ---- Settings ---- */

static void shorten_trials(void *data)
{
    struct other *other = data;
    struct system_setting row = { .key = value_string("default_trial_days"),
                                  .category = value_string("tenants"),
                                  .value = value_string("14") };
    CHECK(world_try_create(other->work, &system_settings_table, row.cells));
}

TEST_IN_WORLD(a_setting_that_changes_while_it_is_read_stays_changed)
{
    struct meanwhile meanwhile;
    struct other other;
    read_while(&meanwhile, &other, world, shorten_trials);
    CHECK(settings_load(&world->work));
    CHECK(settings_integer(world->site.settings, SETTING_default_trial_days) == 14);
    read_alone(&meanwhile, &other);
}

/* ---- Hosts of databases ---- */

static void add_host(void *data)
{
    struct other *other = data;
    struct arena *arena = other->work->arena;
    struct database_host host = { .id = value_text(late), .name = value_string("norte") };
    if (other->world->scratch.engine == ENGINE_SQLITE)
        host.folder = value_string("/nowhere/at/all");
    else
        host.admin_url_encrypted =
            value_text(seal(arena, other->world->site.keyring,
                            TEXT("postgres://nobody:x@127.0.0.1:1/nowhere"), host_url_place(arena, late)));
    CHECK(world_try_create(other->work, &database_hosts_table, host.cells));
    CHECK(hosts_load(other->work));
}

static void remove_host(void *data)
{
    struct other *other = data;
    struct database_host host;
    CHECK(store_find(other->work, &database_hosts_table, late, host.cells));
    CHECK(world_try_remove(other->work, &database_hosts_table, host.cells));
    CHECK(hosts_load(other->work));
}

static bool is_known(struct world *world, struct text host_id)
{
    struct error ignored = {};
    struct host *host;
    bool known = hosts_take(world->site.hosting, host_id, &host, &ignored);
    host_release(&host);
    return known;
}

TEST_IN_WORLD(a_host_that_comes_or_goes_while_all_are_read_has_come_or_gone)
{
    struct tenancy_world tenancy;
    struct meanwhile meanwhile;
    struct other other;
    tenancy_begin(&tenancy, world);
    read_while(&meanwhile, &other, world, add_host);
    CHECK(hosts_load(&world->work));
    CHECK(is_known(world, late));
    read_alone(&meanwhile, &other);

    read_while(&meanwhile, &other, world, remove_host);
    CHECK(hosts_load(&world->work));
    CHECK(!is_known(world, late));
    read_alone(&meanwhile, &other);
    tenancy_end(&tenancy);
}

/* ---- Keys of subjects ---- */

static bool make_key(struct work *work, void *subject_id)
{
    struct key key;
    return subject_key(work, *(const struct text *)subject_id, &key);
}

static bool destroy_key(struct work *work, void *subject_id)
{
    return subject_key_destroy(work, *(const struct text *)subject_id);
}

static void erase(void *data)
{
    struct other *other = data;
    CHECK(db_transact(other->work, destroy_key, &other->subject_id));
}

TEST_IN_WORLD(a_key_that_is_destroyed_while_it_is_read_is_not_remembered)
{
    struct meanwhile meanwhile;
    struct other other;
    struct key key;
    struct text subject_id = late;
    CHECK(db_transact(&world->work, make_key, &subject_id));
    subject_cache_forget(world->site.subjects, subject_id);
    read_while(&meanwhile, &other, world, erase);
    other.subject_id = subject_id;
    CHECK(subject_key(&world->work, subject_id, &key)); /* it was read before */
    CHECK(!subject_key(&world->work, subject_id, &key) && world->work.error.code == ERROR_not_found);
    read_alone(&meanwhile, &other);
}

/* The listener of this node did not hear of it. */
TEST_IN_WORLD(keys_are_forgotten_when_news_of_them_may_have_been_missed)
{
    struct tenancy_world tenancy;
    struct key key;
    struct text subject_id = late;
    int64_t position;
    tenancy_begin(&tenancy, world);
    world->site.revocations = revocations_create();
    CHECK(db_transact(&world->work, make_key, &subject_id));
    world->site.watchers = NULL;
    CHECK(db_transact(&world->work, destroy_key, &subject_id));
    struct app app = { .site = world->site };
    CHECK(app_load_memory(&app, &world->work, app_load_beside_tenants, &position));
    CHECK(!subject_key(&world->work, subject_id, &key) && world->work.error.code == ERROR_not_found);
    error_clear(&world->work.error);
    revocations_destroy(world->site.revocations);
    tenancy_end(&tenancy);
}

static void erase_unheard(void *data)
{
    struct other *other = data;
    erase(other);
    subject_cache_forget_all(other->world->site.subjects);
}

TEST_IN_WORLD(a_key_that_was_read_before_all_were_forgotten_is_not_remembered)
{
    struct meanwhile meanwhile;
    struct other other;
    struct key key;
    struct text subject_id = late;
    CHECK(db_transact(&world->work, make_key, &subject_id));
    subject_cache_forget(world->site.subjects, subject_id);
    world->site.watchers = NULL;
    read_while(&meanwhile, &other, world, erase_unheard);
    other.subject_id = subject_id;
    CHECK(subject_key(&world->work, subject_id, &key));
    CHECK(!subject_key(&world->work, subject_id, &key) && world->work.error.code == ERROR_not_found);
    read_alone(&meanwhile, &other);
}

/* ---- What was taken back ---- */

static void doubt(void *data)
{
    struct other *other = data;
    CHECK(!revocations_are_trusted(other->world->site.revocations));
    revocations_doubt(other->world->site.revocations);
}

TEST_IN_WORLD(what_was_taken_back_is_trusted_once_it_has_been_read_and_not_where_news_failed_meanwhile)
{
    struct revocations *revocations = world->site.revocations = revocations_create();
    struct meanwhile meanwhile;
    struct other other;
    read_while(&meanwhile, &other, world, doubt);
    CHECK(revocations_load(&world->work) && !revocations_are_trusted(revocations));
    CHECK(revocations_load(&world->work) && revocations_are_trusted(revocations));
    read_alone(&meanwhile, &other);
    revocations_destroy(revocations);
}

TEST(who_is_shut_out_stays_so_while_two_load_at_once)
{
    struct revocations *revocations = revocations_create();
    const struct revocation shut = { late, 1, 1, UNTIL_REOPENED };
    struct revocations_reading first = revocations_load_begin(revocations);
    revocations_mark(revocations, &shut, WORLD_BEGIN_MS);
    struct revocations_reading second = revocations_load_begin(revocations);
    revocations_load_end(revocations, &first);
    CHECK(!revocations_allow(revocations, late, 0)); /* the second has not come to it yet */
    revocations_load_end(revocations, &second);
    CHECK(revocations_allow(revocations, late, 0)); /* it was told of him no more */
    revocations_destroy(revocations);
}

/* ---- Counts of a tenant ---- */

static bool take_seat(struct work *work, void *tenant_id)
{
    return seats_take(work, *(const struct text *)tenant_id);
}

static void add_person(void *data)
{
    struct other *other = data;
    CHECK(db_transact(other->work, take_seat, &other->subject_id));
}

static int64_t seats_known(struct world *world, struct text tenant_id)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(world->site.directory);
    const struct directory_entry *entry = directory_find(world->site.directory, ENTRY_id, tenant_id);
    const struct use_moment moment = directory_entry_moment(entry, world->work.now);
    int64_t used[LIMIT_COUNT];
    tenant_use_read(entry->use, &moment, used);
    return used[LIMIT_users];
}

static bool read_tenant(struct world *world, struct text tenant_id)
{
    return site_row_changed(&world->work, &tenants_table, tenant_id);
}

static bool hear_of_use(struct world *world, struct text tenant_id)
{
    return usage_heard(&world->work,
                       arena_format(world->work.arena, "another node:%.*s", TEXT_ARG(tenant_id)));
}

TEST_IN_WORLD(a_seat_that_is_taken_while_a_tenant_is_read_stays_taken)
{
    static bool (*const ways[])(struct world * world, struct text tenant_id) = { read_tenant, hear_of_use };
    struct tenancy_world tenancy;
    struct tenant tenant;
    tenancy_begin(&tenancy, world);
    world->site.usage = usage_create();
    world_add_tenant(world, "acme", &tenant);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct meanwhile meanwhile;
        struct other other;
        test_note("way %zu", i);
        read_while(&meanwhile, &other, world, add_person);
        other.subject_id = tenant.id.text;
        CHECK(ways[i](world, tenant.id.text));
        CHECK(seats_known(world, tenant.id.text) == (int64_t)i + 1);
        read_alone(&meanwhile, &other);
    }
    usage_destroy(world->site.usage);
    tenancy_end(&tenancy);
}
