/*
 * A tenant's database as a file, copied by SQLite's own backup: pages, from one read transaction, while
 * others write. What it copied is then asked whether it is whole.
 */
#include "hosting/host.h"
#include "sql/sqlite.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGES_AT_ONCE = 4'096 };

static void finish(sqlite3_backup **backup)
{
    sqlite3_backup_finish(*backup);
}

/* The reader's transaction holds the moment: without it a writer would make the copy begin again. */
static bool copy_pages(struct hosting_call *call, struct db *from, struct db *to,
                       const struct copy_watch *watch)
{
    [[gnu::cleanup(finish)]] sqlite3_backup *backup =
        sqlite3_backup_init(sqlite_handle(to), "main", sqlite_handle(from), "main");
    int step = backup ? SQLITE_OK : SQLITE_ERROR;
    while (step == SQLITE_OK) {
        step = sqlite3_backup_step(backup, PAGES_AT_ONCE);
        int pages = sqlite3_backup_pagecount(backup);
        if (!copy_watch_goes_on(watch, pages - sqlite3_backup_remaining(backup), pages))
            return fail(call->error, ERROR_internal, "the copy was given up");
    }
    return step == SQLITE_DONE
        || fail(call->error, step == SQLITE_FULL ? ERROR_storage_full : ERROR_internal, "SQLite's backup: %s",
                sqlite3_errstr(step));
}

static bool check_integrity(struct hosting_call *call, struct db *db)
{
    struct result result;
    if (!db_run(db, call->arena, &result, call->error, "PRAGMA integrity_check(1)", NO_PARAMETERS))
        return false;
    return (result.row_count == 1 && text_is(cell_text(result.cells[0]), "ok"))
        || fail(call->error, ERROR_conflict, "the copy is not whole: %.*s",
                TEXT_ARG(cell_text(result.cells[0])));
}

/* One file, without SQLite's companions: what it is copied or moved by knows of no others. */
static bool make_single(struct hosting_call *call, struct db *db)
{
    return db_run_script(db, call->error, "PRAGMA journal_mode = DELETE");
}

/* Until it is whole nothing in it is to be kept: it needs no log of its own, and is synced at the end. */
static bool begin_image(struct hosting_call *call, const char *path, struct db **image)
{
    sqlite_remove_database(call, path);
    return sqlite_connect(image, path, SQLITE_WRITES, call->error)
        && db_run_script(*image, call->error, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
}

bool sqlite_copy_image(struct hosting_call *call, struct db *from, const char *path,
                       const struct copy_watch *watch, struct db **image)
{
    struct result ignored;
    return begin_image(call, path, image) && db_begin(from, call->error)
        && db_run(from, call->arena, &ignored, call->error, "SELECT 1 FROM sqlite_schema LIMIT 1",
                  NO_PARAMETERS)
        && copy_pages(call, from, *image, watch) && make_single(call, *image)
        && check_integrity(call, *image);
}

/* The copy of a database that may not be written can be. */
bool sqlite_dump(struct hosting_call *call, const struct tenant_place *place, enum dump_form,
                 const char *path, const struct copy_watch *watch, struct table_sums *sums)
{
    [[gnu::cleanup(db_cleanup)]] struct db *from = NULL, *image = NULL;
    const char *source = sqlite_path_of(call, place->name);
    if (access(source, R_OK) != 0)
        return fail(call->error, ERROR_internal, "the database %.*s is missing", TEXT_ARG(place->name));
    return sqlite_connect(&from, source, SQLITE_READS, call->error)
        && sqlite_copy_image(call, from, path, watch, &image) && sqlite_set_read_only(call, image, false)
        && table_sums_take(image, call->arena, &(struct summing){ .watch = watch }, sums, call->error)
        && sqlite_sync_path(call, path);
}

bool sqlite_load(struct hosting_call *call, const struct tenant_place *place, const char *path,
                 const struct copy_watch *)
{
    const char *database = sqlite_path_of(call, place->name);
    const char *unfinished = arena_format(call->arena, "%s.new", database).data;
    sqlite_remove_database(call, database);
    return sqlite_copy_file(call, path, unfinished)
        && (rename(unfinished, database) == 0
            || fail(call->error, ERROR_internal, "%s: %s", database, strerror(errno)))
        && sqlite_sync_path(call, call->host->folder);
}

bool sqlite_sum(struct hosting_call *call, const struct tenant_place *place, const struct summing *summing,
                struct table_sums *sums)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return sqlite_connect(&db, sqlite_path_of(call, place->name), SQLITE_READS, call->error)
        && db_begin(db, call->error) && table_sums_take(db, call->arena, summing, sums, call->error);
}
