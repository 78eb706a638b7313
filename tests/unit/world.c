#include "world.h"
#include "crypto/keyring.h"
#include "record/ddl.h"
#include "record/subject.h"
#include "settings/settings.h"
#include <stdio.h>
#include <stdlib.h>

static const struct text ring = TEXT_CONSTANT("seal s1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
                                              "pepper p1 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8\n"
                                              "sign g1 QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8\n"
                                              "cookie c1 YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8\n");

static void must(bool done, const char *what, const struct error *error)
{
    if (done)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, error_words[error->code].code, error->about);
    for (size_t i = 0; i < error->fault_count; i++)
        fprintf(stderr, "    %s: %s: %s\n", error->faults[i].pointer, error_words[error->faults[i].code].code,
                error->faults[i].about);
    abort();
}

static const struct watcher *const watchers[] = { settings_watchers, subject_watchers, NULL };

/* The world's clock stands still until a test moves work.now. */
static int64_t world_now(struct site *site)
{
    return ((struct world *)((char *)site - offsetof(struct world, site)))->work.now;
}

static void make_options(struct world *world)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        world->options.values[i] = option_words[i].initially;
    world->options.values[OPTION_data] = world->scratch.folder;
}

void world_open(struct world *world)
{
    struct error error = {};
    make_options(world);

    struct database_options options = scratch_options(&world->scratch);
    struct site *site = &world->site;
    *site = (struct site){ .options = &world->options, .now = world_now, .watchers = watchers };
    must(database_open(&site->database, &options, &error), "the database", &error);
    must(keyring_read(&site->keyring, ring, &error), "the key ring", &error);
    site->subjects = subject_cache_create();
    site->settings = settings_create();

    struct db *db;
    must(database_connect(site->database, &db, &error), "a connection", &error);
    world->work = work_of_system(site, arena_create(), db, WORLD_BEGIN_MS);
}

bool world_begin(struct world *world, enum engine engine)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    *world = (struct world){};
    if (!scratch_begin_with(&world->scratch, engine, ddl_script(arena, engine, all_tables)))
        return false;
    world_open(world);
    return true;
}

void world_close(struct world *world)
{
    db_close(world->work.db);
    database_close(world->site.database); /* the lane's last effects use what follows */
    arena_destroy(world->work.arena);
    settings_destroy(world->site.settings);
    subject_cache_destroy(world->site.subjects);
    keyring_close(world->site.keyring);
}

void world_end(struct world *world)
{
    world_close(world);
    scratch_end(&world->scratch);
}

void world_run(enum engine engine, void (*test)(struct world *world))
{
    struct world world;
    if (!world_begin(&world, engine))
        return;
    test_note("on %s", engine == ENGINE_SQLITE ? "SQLite" : "PostgreSQL");
    test(&world);
    world_end(&world);
}

struct work *world_add_work(struct world *world)
{
    struct error error = {};
    struct db *db;
    must(database_connect(world->site.database, &db, &error), "a connection", &error);
    struct arena *arena = arena_create();
    struct work *work = arena_new(arena, struct work);
    *work = work_of_system(&world->site, arena, db, world->work.now);
    return work;
}

void world_end_work(struct work *work)
{
    db_close(work->db);
    arena_destroy(work->arena);
}

void world_act_as(struct world *world, enum role role, struct text user_id, struct text tenant_id)
{
    world->work.actor = (struct actor){ .role = role, .user_id = user_id, .tenant_id = tenant_id };
}

void world_act_as_system(struct world *world)
{
    world->work.actor = (struct actor){ .role = SUPER_ADMIN };
}

/* What db_transact is to do to a row. */
struct row_write {
    const struct table *table;
    const struct value *before, *changes;
    struct value *cells;
};

static bool create(struct work *work, void *data)
{
    struct row_write *write = data;
    return store_create(work, write->table, write->cells);
}

static bool update(struct work *work, void *data)
{
    struct row_write *write = data;
    return store_update(work, write->table, write->before, write->changes, write->cells);
}

static bool remove_row(struct work *work, void *data)
{
    struct row_write *write = data;
    return store_remove(work, write->table, write->before);
}

bool world_try_create(struct work *work, const struct table *table, struct value *cells)
{
    error_clear(&work->error);
    return db_transact(work, create, &(struct row_write){ .table = table, .cells = cells });
}

bool world_try_update(struct work *work, const struct table *table, const struct value *before,
                      const struct value *changes, struct value *after)
{
    error_clear(&work->error);
    return db_transact(work, update, &(struct row_write){ table, before, changes, after });
}

bool world_try_remove(struct work *work, const struct table *table, const struct value *before)
{
    error_clear(&work->error);
    return db_transact(work, remove_row, &(struct row_write){ .table = table, .before = before });
}

void world_create(struct world *world, const struct table *table, struct value *cells)
{
    struct actor actor = world->work.actor;
    world_act_as_system(world);
    must(world_try_create(&world->work, table, cells), table->name, &world->work.error);
    world->work.actor = actor;
}

void world_add_plan(struct world *world, const char *name, struct plan *plan)
{
    *plan = (struct plan){
        .name = value_string(name),
        .display_name = value_string(name),
        .max_users = value_integer(5),
        .max_storage_gb = value_integer(5'000),
    };
    world_create(world, &plans_table, plan->cells);
}

static struct text any_plan(struct world *world)
{
    struct plan plan;
    struct value id = world_ask(world, "SELECT id FROM plans ORDER BY id LIMIT 1");
    if (id.kind == VALUE_TEXT)
        return id.text;
    world_add_plan(world, "basic", &plan);
    return plan.id.text;
}

void world_add_tenant(struct world *world, const char *slug, struct tenant *tenant)
{
    struct arena *arena = world->work.arena;
    *tenant = (struct tenant){
        .name = value_string(slug),
        .slug = value_string(slug),
        .plan_id = value_text(any_plan(world)),
        .plan_type = value_string("basic"),
        .db_name = value_text(arena_format(arena, "tenant_%s", slug)),
        .billing_email = value_text(arena_format(arena, "billing@%s.test", slug)),
        .provisioning_status = choice_value(provisioning_status, completed),
        .is_active = value_boolean(true),
        .max_users = value_integer(5),
    };
    world_create(world, &tenants_table, tenant->cells);
}

void world_add_user(struct world *world, const char *email, enum role role, struct text tenant_id,
                    struct user *user)
{
    *user = (struct user){
        .email = value_string(email),
        .system_role = value_text(role_name(role)),
        .tenant_id = value_text_or_null(tenant_id),
        .first_name = value_string("Ana"),
        .last_name = value_string("Peña"),
    };
    world_create(world, &users_table, user->cells);
}

struct value world_ask(struct world *world, const char *sql)
{
    struct result result;
    struct error error = {};
    must(db_run(world->work.db, world->work.arena, &result, &error, sql, NO_PARAMETERS), sql, &error);
    return result.row_count > 0 ? result.cells[0] : value_null();
}

int64_t world_number(struct world *world, const char *sql)
{
    return cell_integer(world_ask(world, sql));
}
