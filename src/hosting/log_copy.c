#include "hosting/log_copy.h"
#include "base/clock.h"
#include "base/file.h"
#include "hosting/host.h"
#include "sql/sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ASK_AGAIN_MS = 5 };

static void leave(struct hosting_call *call)
{
    host_release(&call->host);
}

static bool find_paths(struct hosting_call *call, const struct tenant_place *place, const char **path,
                       const char **folder)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    if (!hosts_take(call->hosting, place->host_id, &there.host, call->error))
        return false;
    *path = sqlite_path_of(&there, place->name);
    *folder = arena_string(call->arena, text_from(there.host->folder));
    return access(*folder, W_OK) == 0
        || fail(call->error, ERROR_internal, "%s: %s", *folder, strerror(errno));
}

/* Whoever is the last to close the file would have to bring its whole log into it: others' time to lose. */
static bool connect_to(struct hosting_call *call, const char *path, enum sqlite_use use, struct db **db)
{
    if (access(path, F_OK) != 0)
        return fail(call->error, ERROR_internal, "%s: %s", path, strerror(errno));
    return sqlite_connect(db, path, use, call->error)
        && (sqlite3_db_config(sqlite_handle(*db), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK
            || fail(call->error, ERROR_internal, "SQLite's log cannot be left as it is"));
}

/* ---- The moment ---- */

static bool has_log(struct hosting_call *call, struct db *db)
{
    struct result result;
    if (!db_run(db, call->arena, &result, call->error, "PRAGMA journal_mode", NO_PARAMETERS))
        return false;
    return text_is(cell_text(result.cells[0]), "wal")
        || fail(call->error, ERROR_conflict, "the database has no write-ahead log (journal_mode %.*s)",
                TEXT_ARG(cell_text(result.cells[0])));
}

static bool copy_moment(struct hosting_call *call, struct log_copy *copy, const struct copy_watch *watch,
                        struct table_sums *sums)
{
    [[gnu::cleanup(db_cleanup)]] struct db *image = NULL;
    const struct summing summing = { .watch = watch };
    struct table_sums found;
    return sqlite_copy_image(call, copy->moment, copy->to, watch, &image)
        && table_sums_take(copy->moment, call->arena, &summing, sums, call->error)
        && table_sums_take(image, call->arena, &summing, &found, call->error)
        && table_sums_compare(sums, &found, call->error);
}

static bool open_copy(struct hosting_call *call, struct log_copy *copy)
{
    const char *log = arena_format(call->arena, "%s-wal", copy->from).data;
    copy->file = open(copy->to, O_RDWR | O_CLOEXEC);
    return (copy->file >= 0 || fail(call->error, ERROR_internal, "%s: %s", copy->to, strerror(errno)))
        && sqlite_log_open(&copy->log, log, call->error);
}

bool log_copy_begin(struct hosting_call *call, const struct tenant_place *from, const struct tenant_place *to,
                    const struct copy_watch *watch, struct log_copy *copy, struct table_sums *sums)
{
    const char *from_folder, *to_folder;
    *copy = LOG_COPY_NONE;
    return find_paths(call, from, &copy->from, &from_folder) && find_paths(call, to, &copy->to, &to_folder)
        && connect_to(call, copy->from, SQLITE_READS, &copy->moment)
        && connect_to(call, copy->from, SQLITE_READS, &copy->counter) && has_log(call, copy->moment)
        && copy_moment(call, copy, watch, sums) && open_copy(call, copy) && sqlite_sync_path(call, to_folder);
}

/* ---- What was written since ---- */

/* A checkpoint tells it; what it does beside is what any writer's does. While another's runs it tells
 * nothing. */
static bool count_frames(struct hosting_call *call, struct log_copy *copy, const struct copy_watch *watch,
                         int64_t *frames)
{
    int count, moved;
    sqlite3 *handle = sqlite_handle(copy->counter);
    for (;;) {
        int code = sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE, &count, &moved);
        if (code == SQLITE_OK) {
            *frames = count;
            return true;
        }
        if ((code & 0xff) != SQLITE_BUSY)
            return fail(call->error, ERROR_internal, "SQLite's log: %s", sqlite3_errmsg(handle));
        if (!copy_watch_goes_on(watch, 0, 0))
            return fail(call->error, ERROR_internal, "the copy was given up");
        clock_sleep_ms(ASK_AGAIN_MS);
    }
}

/*
 * Once, before anything is written that the moment has not seen, SQLite may begin its log anew: where all of
 * it stood in the file already. Then what is there now is read from its beginning.
 */
static bool catch_up(struct hosting_call *call, struct log_copy *copy, const struct copy_watch *watch)
{
    int64_t frames = 0;
    bool applied;
    do {
        error_clear(call->error);
        if (!sqlite_log_begin(&copy->log, call->error) || !count_frames(call, copy, watch, &frames))
            return false;
        applied = sqlite_log_apply(&copy->log, frames, copy->file, call->arena, watch, call->error);
    } while (!applied && sqlite_log_is_another(&copy->log));
    return applied
        && (fsync(copy->file) == 0 || fail(call->error, ERROR_internal, "%s: %s", copy->to, strerror(errno)));
}

bool log_copy_come_near(struct hosting_call *call, struct log_copy *copy, int64_t within_ms,
                        const struct copy_watch *watch)
{
    int64_t took_us = INT64_MAX, before_us;
    do {
        int64_t began_us = clock_monotonic_us();
        if (!catch_up(call, copy, watch))
            return false;
        before_us = took_us;
        took_us = clock_monotonic_us() - began_us;
        if (took_us < within_ms * 1'000)
            return true;
    } while (took_us < before_us);
    return fail(call->error, ERROR_conflict, "the copy stays behind what is written");
}

static void wait_no_longer(struct db *db, const struct copy_watch *watch)
{
    int64_t left_ms = (watch->until_us - clock_monotonic_us()) / 1'000;
    sqlite3_busy_timeout(sqlite_handle(db), left_ms > 0 ? (int)left_ms : 0);
}

/* Before anybody opens the copy: later it would drop the locks that connections of this process hold on it.
 */
static void close_file(struct log_copy *copy)
{
    file_cleanup(&copy->file);
    copy->file = -1;
}

bool log_copy_finish(struct hosting_call *call, struct log_copy *copy, const struct copy_watch *watch)
{
    if (!connect_to(call, copy->from, SQLITE_WRITES, &copy->lock))
        return false;
    wait_no_longer(copy->lock, watch);
    bool is_there = db_begin(copy->lock, call->error) && catch_up(call, copy, watch);
    close_file(copy);
    return is_there
        && (copy_watch_goes_on(watch, 0, 0) || fail(call->error, ERROR_internal, "the copy was given up"));
}

void log_copy_end(struct log_copy *copy)
{
    db_cleanup(&copy->lock);
    db_cleanup(&copy->counter);
    db_cleanup(&copy->moment);
    sqlite_log_close(&copy->log);
    close_file(copy);
    *copy = LOG_COPY_NONE;
}
