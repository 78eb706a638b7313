#include "tenancy_world.h"
#include "base/calendar.h"
#include "crypto/hash.h"
#include "crypto/keyring.h"
#include "directory/directory.h"
#include "settings/settings.h"
#include <stdio.h>
#include <stdlib.h>

static void must(struct world *world, bool done, const char *what)
{
    const struct error *error = &world->work.error;
    if (done)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, error_words[error->code].code, error->about);
    abort();
}

static struct text new_keys(struct arena *arena)
{
    struct buffer ring = { .arena = arena };
    static const char *const purposes[] = { "seal", "pepper", "sign", "cookie" };
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++)
        buffer_print(&ring, "%s k1 %.*s\n", purposes[i], TEXT_ARG(random_token(arena, KEY_SIZE)));
    return ring.text;
}

static bool seed(struct work *work, void *data)
{
    (void)data;
    struct buffer ignored = { .arena = work->arena };
    return settings_seed(work) && hosts_seed(work) && seed_defaults(work, NULL, &ignored);
}

void tenancy_open(struct tenancy_world *tenancy, struct world *world, struct text keys)
{
    *tenancy = (struct tenancy_world){
        .world = world,
        .watchers = { directory_watchers, settings_watchers },
        .node = { .name = TEXT("a test"), .programs = tenancy_job_programs },
        .keys = keys,
    };
    struct site *site = &world->site;
    if (world->scratch.engine == ENGINE_POSTGRES)
        world->options.values[OPTION_database] = world->scratch.place;
    keyring_close(site->keyring);
    must(world, keyring_read(&site->keyring, keys, &world->work.error), "the key ring");
    site->watchers = tenancy->watchers;
    site->directory = directory_create();
    must(world, hosting_create(&site->hosting, &world->options, site->keyring, &world->work.error),
         "hosting");
    must(world,
         settings_load(&world->work) && hosts_load(&world->work) && directory_load(&world->work)
             && directory_load_hosts(&world->work),
         "what is in memory");
}

void tenancy_begin(struct tenancy_world *tenancy, struct world *world)
{
    tenancy_open(tenancy, world, new_keys(world->work.arena));
    must(world,
         db_transact(&world->work, seed, NULL) && settings_load(&world->work) && hosts_load(&world->work),
         "the plans");
}

static void drop_databases(struct world *world)
{
    struct work *work = &world->work;
    struct result result;
    error_clear(&work->error);
    must(world,
         db_run(work->db, work->arena, &result, &work->error, "SELECT db_name, database_host_id FROM tenants",
                NO_PARAMETERS),
         "the tenants");
    struct hosting_call call = hosting_call_of(work);
    for (size_t i = 0; i < result.row_count; i++) {
        const struct tenant_place place = { .name = result_row(&result, i)->text,
                                            .host_id = cell_text(result_row(&result, i)[1]) };
        if (place.name.length == PLACE_NAME_LENGTH)
            must(world, hosting_drop(&call, &place), "a database's end");
    }
}

void tenancy_end(struct tenancy_world *tenancy)
{
    struct site *site = &tenancy->world->site;
    drop_databases(tenancy->world);
    site->watchers = NULL;
    hosting_destroy(site->hosting);
    directory_destroy(site->directory);
}

struct creation {
    struct tenant given, made;
};

static bool create(struct work *work, void *data)
{
    struct creation *creation = data;
    creation->made = creation->given; /* it may be run again */
    return service_of(tenancy_services, &tenants_table)->create(work, creation->made.cells);
}

static void give(struct value *cell, struct value value)
{
    if (cell->kind == VALUE_ABSENT)
        *cell = value;
}

bool tenancy_try_create(struct world *world, const char *slug, struct tenant *tenant)
{
    struct arena *arena = world->work.arena;
    give(&tenant->name, value_string(slug));
    give(&tenant->slug, value_string(slug));
    give(&tenant->plan_type, value_string("basic"));
    give(&tenant->billing_email, value_text(arena_format(arena, "billing@%s.test", slug)));
    struct creation creation = { .given = *tenant };
    error_clear(&world->work.error);
    if (!db_transact(&world->work, create, &creation))
        return false;
    *tenant = creation.made;
    return true;
}

void tenancy_create(struct world *world, const char *slug, struct tenant *tenant)
{
    must(world, tenancy_try_create(world, slug, tenant), slug);
}

struct acting {
    struct text tenant_id;
    enum life_action action;
    struct tenant *after;
};

static bool act(struct work *work, void *data)
{
    struct acting *acting = data;
    struct text job_id;
    return tenant_act(work, acting->tenant_id, acting->action, TEXT("a test"), acting->after, &job_id);
}

bool tenancy_try_act(struct world *world, struct text tenant_id, enum life_action action,
                     struct tenant *after)
{
    error_clear(&world->work.error);
    return db_transact(&world->work, act, &(struct acting){ tenant_id, action, after });
}

int tenancy_run_jobs(struct tenancy_world *tenancy)
{
    bool ran = true;
    int count = 0;
    for (; ran; count += ran) {
        error_clear(&tenancy->world->work.error);
        must(tenancy->world, job_run_next(&tenancy->world->work, &tenancy->node, &ran), "a job");
    }
    return count;
}

void tenancy_find(struct world *world, struct text tenant_id, struct tenant *tenant)
{
    error_clear(&world->work.error);
    must(world,
         store_find_by(&world->work, &tenants_table, "id", value_text(tenant_id), false, tenant->cells),
         "the tenant");
}
