/* Copies of tenants' databases, killed before and after each of their steps: finished by another, no row
 * lost; and those that are made by themselves. */
#include "base/calendar.h"
#include "copies/copies.h"
#include "copies/move.h"
#include "copies/restore.h"
#include "copies/transfer.h"
#include "dying.h"
#include "hosting/place.h"
#include "settings/settings.h"
#include "tenancy/clone.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct job_program *const dying_programs[] = {
    &provision_tenant_program, &back_up_tenant_program, &restore_backup_program, &move_tenant_program, NULL,
};

static const struct job_program *const programs[] = {
    &provision_tenant_program, &sync_tenant_access_program, &back_up_tenant_program,
    &restore_backup_program,   &move_tenant_program,        NULL,
};

struct copied {
    struct tenancy_world tenancy;
    struct world *world;
    struct tenant tenant;
    char data[64]; /* the folder of the option */
    int64_t rows;  /* that were written and acknowledged */
};

static struct db *enter(struct copied *copied)
{
    struct work *work = &copied->world->work;
    struct hosting_call call = hosting_call_of(work);
    struct tenant_place place;
    struct db *db = NULL;
    error_clear(&work->error);
    tenancy_find(copied->world, copied->tenant.id.text, &copied->tenant);
    CHECK(place_of_tenant(work, &copied->tenant, &place) && hosting_enter(&call, &place, &db));
    return db;
}

static void write_row(struct copied *copied)
{
    struct db *db = enter(copied);
    if (db && db_run_script(db, &copied->world->work.error, "INSERT INTO kept VALUES (1)"))
        copied->rows++;
    db_cleanup(&db);
}

static bool has_all_rows(struct copied *copied)
{
    struct db *db = enter(copied);
    struct result result;
    bool all = db
            && db_run(db, copied->world->work.arena, &result, &copied->world->work.error,
                      "SELECT count(*) FROM kept", NO_PARAMETERS)
            && result.cells[0].integer == copied->rows;
    db_cleanup(&db);
    return all;
}

static void begin(struct copied *copied, struct world *world)
{
    *copied = (struct copied){ .world = world };
    test_make_folder(copied->data, sizeof copied->data);
    world->options.values[OPTION_data] = copied->data;
    tenancy_begin(&copied->tenancy, world);
    copied->tenancy.node.programs = programs;
    tenancy_create(world, "acme", &copied->tenant);
    CHECK(tenancy_run_jobs(&copied->tenancy) == 1);
    struct db *db = enter(copied);
    CHECK(db && db_run_script(db, &world->work.error, "CREATE TABLE kept (id bigint)"));
    db_cleanup(&db);
    write_row(copied);
}

static void end(struct copied *copied)
{
    tenancy_end(&copied->tenancy);
    test_remove_folder(copied->data);
}

static int64_t count(struct copied *copied, const char *what)
{
    return world_number(copied->world,
                        arena_format(copied->world->work.arena, "SELECT count(*) FROM %s", what).data);
}

static struct value first(struct copied *copied, const char *sql)
{
    return world_ask(copied->world, sql);
}

/* ---- Asked for ---- */

static bool ask_backup(struct work *work, void *copied)
{
    struct text job_id;
    return copies_back_up(work, ((struct copied *)copied)->tenant.id.text, backup_kind_backup, &job_id);
}

static bool ask_export(struct work *work, void *copied)
{
    struct text job_id;
    return copies_back_up(work, ((struct copied *)copied)->tenant.id.text, backup_kind_export, &job_id);
}

static const char newest_backup[] =
    "SELECT id FROM tenant_backups WHERE kind = 'backup' AND status = 'completed' ORDER BY completed_at DESC";

static bool ask_restore(struct work *work, void *data)
{
    struct copied *copied = data;
    struct text job_id;
    const struct backup_restoration order = { .backup_id = first(copied, newest_backup) };
    return restore_ask(work, copied->tenant.id.text, &order, &job_id);
}

/* To the host where it is not. */
static bool ask_move(struct work *work, void *data)
{
    struct copied *copied = data;
    struct text job_id;
    const struct move_order order = {
        .host = first(copied, "SELECT h.id FROM database_hosts h WHERE NOT EXISTS (SELECT 1 FROM tenants t "
                              "WHERE t.database_host_id = h.id)"),
        .allow_read_only_seconds = value_integer(60),
    };
    return transfer_ask(work, copied->tenant.id.text, &order, &job_id);
}

static bool ask_clone(struct work *work, void *data)
{
    struct copied *copied = data;
    struct text job_id, slug = arena_format(work->arena, "clone-%lld", (long long)work->now);
    struct tenant made = {
        .name = value_text(slug),
        .slug = value_text(slug),
        .billing_email = value_text(arena_format(work->arena, "%.*s@clone.test", TEXT_ARG(slug))),
    };
    return tenancy_clone(work, copied->tenant.id.text, &made, &job_id);
}

/* ---- Killed ---- */

static void must(struct copied *copied, bool done, const char *what)
{
    const struct error *error = &copied->world->work.error;
    if (done)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, error_words[error->code].code, error->about);
    abort();
}

static const struct copying {
    const char *what;
    enum job_kind kind;
    int first, last; /* steps */
    bool (*ask)(struct work *work, void *copied);
    const char *made; /* one more of these stands there afterwards */
    bool keeps_rows;  /* the tenant has what it wrote: a restored one has what the backup holds */
} copyings[] = {
    { "a backup", job_kind_back_up_tenant, 0, 0, ask_backup,
      "tenant_backups WHERE kind = 'backup' AND status = 'completed'", true },
    { "an export", job_kind_back_up_tenant, 0, 0, ask_export,
      "tenant_backups WHERE kind = 'export' AND status = 'completed'", true },
    { "a clone", job_kind_provision_tenant, 2, 2, ask_clone,
      "tenants WHERE cloned_from IS NOT NULL AND is_active", true },
    { "a restore", job_kind_restore_backup, 0, 4, ask_restore,
      "tenant_moves WHERE kind = 'restore' AND status = 'completed'", false },
    { "a move", job_kind_move_tenant, 0, 3, ask_move,
      "tenant_moves WHERE kind = 'move' AND completed_at IS NOT NULL", true },
};

static void kill_at(struct copied *copied, const struct copying *copying, int step, bool after)
{
    struct work *work = &copied->world->work;
    test_note("%s killed %s step %d on engine %d", copying->what, after ? "after" : "before", step,
              copied->world->scratch.engine);
    write_row(copied);
    int64_t made = count(copied, copying->made);
    must(copied, db_transact(work, copying->ask, copied), copying->what);
    CHECK(dying_run(&copied->tenancy, copying->kind, step, after));
    CHECK(tenancy_run_jobs(&copied->tenancy) == 0); /* the dead one's lease */
    work->now += MINUTE_MS;
    CHECK(tenancy_run_jobs(&copied->tenancy) > 0);
    CHECK(count(copied, copying->made) == made + 1);
    if (!copying->keeps_rows)
        copied->rows = 2; /* when the backup was made that is restored */
    CHECK(has_all_rows(copied));
}

/* Nothing half done lies about. */
static bool is_clean(struct copied *copied)
{
    static const char *const folders[] = { "", "/backups" };
    bool clean = true;
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", copied->data, folders[i]);
        DIR *folder = opendir(path);
        for (const struct dirent *entry; folder && (entry = readdir(folder));)
            clean &= !strstr(entry->d_name, ".part");
        if (folder)
            closedir(folder);
    }
    return clean;
}

static void kill_each(struct copied *copied, const struct copying *copying)
{
    for (int step = copying->first; step <= copying->last; step++)
        for (int after = 0; after < 2; after++)
            kill_at(copied, copying, step, after > 0);
    CHECK(is_clean(copied));
}

/* What moves and restores left goes when its time has come. */
static void drop_left(struct copied *copied)
{
    copied->world->work.now += 3 * DAY_MS;
    CHECK(move_periodics[0].run(&copied->world->work));
    CHECK(count(copied, "tenant_moves WHERE status IN ('running', 'completed', 'dropping')") == 0);
    CHECK(world_number(copied->world, "SELECT CAST(sum(database_count) AS bigint) FROM database_hosts")
          == count(copied, "tenants WHERE database_host_id IS NOT NULL"));
}

TEST_IN_WORLD(a_copy_that_was_killed_is_made_by_another)
{
    struct copied copied;
    begin(&copied, world);
    for (size_t i = 0; i < 3; i++)
        kill_each(&copied, &copyings[i]);
    drop_left(&copied);
    end(&copied);
}

TEST_IN_WORLD(a_restore_that_was_killed_is_finished_and_has_what_the_backup_holds)
{
    struct copied copied;
    begin(&copied, world);
    write_row(&copied);
    must(&copied, db_transact(&world->work, ask_backup, &copied), "a backup");
    CHECK(tenancy_run_jobs(&copied.tenancy) == 1);
    kill_each(&copied, &copyings[3]);
    drop_left(&copied);
    end(&copied);
}

/* ---- Moved: there and back ---- */

/* Another server, as long as the test goes on: its URL, and what ends it. */
static FILE *begin_server(char *url, size_t size)
{
    FILE *server = popen("exec \"$NIDIA_TEST_TOP\"/tests/postgres.sh sh -c 'echo \"$NIDIA_TEST_POSTGRES\"; "
                         "read -r _ <\"$NIDIA_TEST_FIFO\"'",
                         "r");
    if (!server || !fgets(url, (int)size, server))
        abort();
    url[strcspn(url, "\n")] = '\0';
    return server;
}

static bool create_host(struct work *work, void *host)
{
    return service_of(hosting_services, &database_hosts_table)
        ->create(work, ((struct database_host *)host)->cells);
}

static void add_host(struct copied *copied, struct database_host *host)
{
    struct work *work = &copied->world->work;
    host->name = value_string("norte");
    must(copied,
         service_of(hosting_services, &database_hosts_table)->prepare(work, host->cells)
             && db_transact(work, create_host, host) && hosts_load(work),
         "a host");
}

TEST_IN_WORLD(a_move_that_was_killed_is_finished_and_no_row_is_lost)
{
    struct copied copied;
    char url[256], fifo[128];
    FILE *server = NULL;
    struct database_host host = {};
    begin(&copied, world);
    snprintf(fifo, sizeof fifo, "%s/fifo", copied.data);
    if (world->scratch.engine == ENGINE_POSTGRES) {
        setenv("NIDIA_TEST_TOP", NIDIA_TOP, 1);
        setenv("NIDIA_TEST_FIFO", fifo, 1);
        if (mkfifo(fifo, 0600) != 0)
            abort();
        server = begin_server(url, sizeof url);
        host.admin_url = value_string(url);
    } else {
        snprintf(url, sizeof url, "%s/norte", copied.data);
        host.folder = value_string(url);
    }
    add_host(&copied, &host);
    kill_each(&copied, &copyings[4]);
    drop_left(&copied);
    FILE *hold = server ? fopen(fifo, "w") : NULL; /* the server ends when it is closed */
    end(&copied);
    if (hold)
        fclose(hold);
    if (server)
        pclose(server);
}

/* ---- By themselves ---- */

static bool run_sql(struct work *work, void *sql)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS);
}

static void set(struct copied *copied, const char *key, int value)
{
    struct work *work = &copied->world->work;
    struct text sql =
        arena_format(work->arena, "UPDATE system_settings SET value = '%d' WHERE key = '%s'", value, key);
    must(copied, db_transact(work, run_sql, (void *)(uintptr_t)sql.data) && settings_load(work), key);
}

static bool run_periodic(struct copied *copied, const char *name)
{
    for (const struct periodic *periodic = copies_periodics; periodic->name; periodic++)
        if (strcmp(periodic->name, name) == 0)
            return periodic->run(&copied->world->work);
    return false;
}

TEST_IN_WORLD(a_tenant_is_backed_up_again_when_its_backup_is_too_old_and_keeps_the_newest)
{
    struct copied copied;
    static const char there[] = "tenant_backups WHERE status = 'completed'";
    begin(&copied, world);
    CHECK(run_periodic(&copied, "back_up_tenants") && tenancy_run_jobs(&copied.tenancy) == 0); /* not asked */
    set(&copied, "backup_every_hours", 24);
    set(&copied, "backup_keep", 2);
    for (int day = 0; day < 4; day++) {
        CHECK(run_periodic(&copied, "back_up_tenants"));
        CHECK(run_periodic(&copied, "back_up_tenants")); /* it is under way */
        CHECK(tenancy_run_jobs(&copied.tenancy) == 1);
        world->work.now += 23 * HOUR_MS;
        CHECK(run_periodic(&copied, "back_up_tenants") && tenancy_run_jobs(&copied.tenancy) == 0);
        world->work.now += 2 * HOUR_MS;
        CHECK(run_periodic(&copied, "remove_expired_backups"));
        CHECK(count(&copied, there) == (day == 0 ? 1 : 2));
    }
    world->work.now += INT64_C(40) * DAY_MS; /* backup_days */
    CHECK(run_periodic(&copied, "remove_expired_backups") && count(&copied, there) == 0);
    CHECK(count(&copied, "tenant_backups WHERE status = 'removed'") == 4);
    end(&copied);
}
