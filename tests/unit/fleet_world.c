#include "fleet_world.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(struct fleet_world *fleet, bool done, const char *what)
{
    const struct error *error = &fleet->world->work.error;
    if (done)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, error_words[error->code].code, error->about);
    abort();
}

void fleet_write(struct fleet_world *fleet, const char *name, const char *sql)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fleet->folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(sql, file) < 0 || fclose(file) != 0)
        abort();
}

static void know_programs(struct fleet_world *fleet)
{
    const struct job_program *const *const lists[] = { tenancy_job_programs, fleet_job_programs };
    size_t count = 0;
    for (size_t i = 0; i < 2; i++)
        for (const struct job_program *const *program = lists[i]; *program; program++)
            fleet->programs[count++] = *program;
    fleet->tenancy.node.programs = fleet->programs;
}

void fleet_begin(struct fleet_world *fleet, struct world *world, size_t count)
{
    *fleet = (struct fleet_world){ .world = world, .count = count };
    test_make_folder(fleet->folder, sizeof fleet->folder);
    fleet_write(fleet, "0001_a.sql", "CREATE TABLE a (id bigint NOT NULL);");
    world->options.values[OPTION_tenant_schema] = fleet->folder;
    tenancy_begin(&fleet->tenancy, world);
    know_programs(fleet);
    for (size_t i = 0; i < count; i++) {
        fleet->tenants[i] = (struct tenant){};
        world->work.now++; /* their order is that of their ids */
        tenancy_create(world, arena_format(world->work.arena, "company-%zu", i).data, &fleet->tenants[i]);
    }
    tenancy_run_jobs(&fleet->tenancy);
    for (size_t i = 0; i < count; i++)
        tenancy_find(world, fleet->tenants[i].id.text, &fleet->tenants[i]);
}

void fleet_end(struct fleet_world *fleet)
{
    tenancy_end(&fleet->tenancy);
    test_remove_folder(fleet->folder);
}

static bool begin(struct work *work, void *cells)
{
    return fleet_services->create(work, cells);
}

bool fleet_try_begin(struct fleet_world *fleet, struct fleet_migration *migration)
{
    struct work *work = &fleet->world->work;
    error_clear(&work->error);
    if (!value_is_set(migration->parallel))
        migration->parallel = value_integer(3);
    return fleet_services->prepare(work, migration->cells) && db_transact(work, begin, migration->cells);
}

bool fleet_resume(struct fleet_world *fleet, struct fleet_migration *migration)
{
    error_clear(&fleet->world->work.error);
    return fleet_migration_resume(&fleet->world->work, migration->id.text, migration);
}

void fleet_run(struct fleet_world *fleet, struct fleet_migration *migration)
{
    struct work *work = &fleet->world->work;
    tenancy_run_jobs(&fleet->tenancy);
    error_clear(&work->error);
    must(fleet, store_find_by(work, &fleet_migrations_table, "id", migration->id, false, migration->cells),
         "the migration");
}

void fleet_migrate(struct fleet_world *fleet, struct fleet_migration *migration)
{
    must(fleet, fleet_try_begin(fleet, migration), "the migration's begin");
    fleet_run(fleet, migration);
}

struct db *fleet_enter(struct fleet_world *fleet, size_t tenant)
{
    struct work *work = &fleet->world->work;
    struct tenant_place place;
    struct hosting_call call = hosting_call_of(work);
    struct db *db = NULL;
    error_clear(&work->error);
    must(fleet, place_of_tenant(work, &fleet->tenants[tenant], &place) && hosting_enter(&call, &place, &db),
         "a tenant's database");
    return db;
}

void fleet_sql(struct fleet_world *fleet, size_t tenant, const char *sql)
{
    struct db *db = fleet_enter(fleet, tenant);
    must(fleet, db_run_script(db, &fleet->world->work.error, sql), sql);
    db_close(db);
}

bool fleet_verifies(struct fleet_world *fleet, size_t tenant)
{
    struct work *work = &fleet->world->work;
    [[gnu::cleanup(db_cleanup)]] struct db *db = fleet_enter(fleet, tenant);
    return tenant_schema_verify(hosting_schema(work->site->hosting), db, work->arena, &work->error);
}

struct schema_entry fleet_entry(struct fleet_world *fleet, size_t tenant)
{
    struct schema_entry entry = {};
    error_clear(&fleet->world->work.error);
    must(fleet,
         store_find_by(&fleet->world->work, &tenant_schemas_table, "tenant_id", fleet->tenants[tenant].id,
                       false, entry.cells),
         "the ledger");
    return entry;
}

size_t fleet_count_verified(struct fleet_world *fleet)
{
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        count += fleet_verifies(fleet, i);
    return count;
}

bool fleet_is_about(struct value text, const char *part)
{
    test_note("%.*s", TEXT_ARG(cell_text(text)));
    return text_contains(cell_text(text), text_from(part));
}
