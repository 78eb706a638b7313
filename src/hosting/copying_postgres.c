/*
 * A tenant's database on PostgreSQL, taken out by pg_dump and put in by pg_restore.
 *
 * pg_dump reads in the snapshot in which the checksums were taken, so that what the file holds is known
 * exactly while the tenant goes on writing. It runs as the administrator in the tenant's role, since that of
 * a tenant who is shut out cannot sign in: it reads by COPY, which is not planned. Checksums are asked for by
 * queries, whose planning runs functions that the tenant's indexes name, so they are taken as his guest;
 * pg_restore runs what the dump says, so it too runs as the tenant.
 */
#include "base/buffer.h"
#include "base/child.h"
#include "base/file.h"
#include "hosting/host.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 16 };

#define DEADLINE_MS (INT64_C(6) * 3'600'000)

static void leave(struct hosting_call *call)
{
    host_release(&call->host);
}

static void free_options(PQconninfoOption **options)
{
    PQconninfoFree(*options);
}

/* A way to a server without its password, which others could read among a process's arguments. */
struct way {
    const char *address, *password; /* "PGPASSWORD=..." */
};

static struct way way_of(struct arena *arena, const char *with_password)
{
    struct buffer address = { .arena = arena };
    struct way way = { .password = "PGPASSWORD=" };
    [[gnu::cleanup(free_options)]] PQconninfoOption *parts = PQconninfoParse(with_password, NULL);
    for (const PQconninfoOption *part = parts; part && part->keyword; part++) {
        if (part->val && strcmp(part->keyword, "password") == 0)
            way.password = arena_format(arena, "PGPASSWORD=%s", part->val).data;
        else if (part->val)
            postgres_add_part(&address, part->keyword, text_from(part->val));
    }
    way.address = arena_format(arena, "--dbname=%.*s", TEXT_ARG(address.text)).data;
    return way;
}

static void free_paths(glob_t *paths)
{
    globfree(paths);
}

static int version_of(const char *path)
{
    return atoi(path + strlen("/usr/lib/postgresql/"));
}

/* The newest of Debian's: it reads every older server, and refuses a newer one by itself. */
static const char *find_program(struct arena *arena, const char *name)
{
    const char *newest = NULL;
    [[gnu::cleanup(free_paths)]] glob_t paths = {};
    if (glob(arena_format(arena, "/usr/lib/postgresql/*/bin/%s", name).data, 0, NULL, &paths) == 0)
        for (size_t i = 0; i < paths.gl_pathc; i++)
            if (!newest || version_of(paths.gl_pathv[i]) > version_of(newest))
                newest = paths.gl_pathv[i];
    return newest ? arena_copy(arena, text_from(newest)).data : name;
}

struct watched {
    const struct copy_watch *watch;
    int file;
    int64_t total;
    bool reads; /* done is how far the file has been read, not how long it has become */
};

static bool tell_watch(void *context)
{
    const struct watched *watched = context;
    struct stat status;
    off_t done = watched->reads                     ? lseek(watched->file, 0, SEEK_CUR)
               : fstat(watched->file, &status) == 0 ? status.st_size
                                                    : 0;
    return copy_watch_goes_on(watched->watch, done, watched->total);
}

static bool run_program(struct hosting_call *call, const char *const *arguments, const struct way *way,
                        struct watched *watched)
{
    const char *path = getenv("PATH");
    const char *environment[] = { way->password, "LC_ALL=C.UTF-8", "PGCONNECT_TIMEOUT=10",
                                  arena_format(call->arena, "PATH=%s", path ? path : "/usr/bin:/bin").data,
                                  NULL };
    const struct child child = {
        .arguments = arguments,
        .environment = environment,
        .input = watched->reads ? watched->file : -1,
        .output = watched->reads ? -1 : watched->file,
        .deadline_ms = DEADLINE_MS,
        .tick = tell_watch,
        .context = watched,
    };
    return child_run(&child, call->error);
}

static bool fail_file(struct hosting_call *call, const char *path)
{
    enum error_code code = errno == ENOSPC || errno == EDQUOT ? ERROR_storage_full : ERROR_internal;
    return fail(call->error, code, "%s: %s", path, strerror(errno));
}

/* ---- Out ---- */

/* Of a snapshot that lasts until the transaction ends. */
static bool begin_snapshot(struct hosting_call *call, struct db *db, struct text *snapshot)
{
    struct result result;
    if (!table_sums_begin(db, call->error)
        || !db_run(db, call->arena, &result, call->error, "SELECT pg_catalog.pg_export_snapshot()",
                   NO_PARAMETERS))
        return false;
    *snapshot = result.cells[0].text;
    return true;
}

/* `rows`: the snapshot that they are read in, or that there are to be none. */
static bool run_pg_dump(struct hosting_call *call, const struct tenant_place *place, enum dump_form form,
                        const char *rows, struct watched *watched)
{
    struct arena *arena = call->arena;
    struct way way = way_of(arena, postgres_way_to(call, place->name, TEXT(""), TEXT("")));
    const char *const arguments[ARGUMENTS_MAX] = {
        find_program(arena, "pg_dump"),
        form == DUMP_TO_LOAD ? "--format=custom" : "--format=plain",
        "--no-password",
        "--no-owner",
        "--no-privileges",
        "--no-publications",
        "--no-subscriptions",
        arena_format(arena, "--role=%.*s", TEXT_ARG(place->name)).data,
        rows,
        way.address,
    };
    return run_program(call, arguments, &way, watched);
}

bool postgres_dump(struct hosting_call *call, const struct tenant_place *place, enum dump_form form,
                   const char *path, const struct copy_watch *watch, struct table_sums *sums)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct watched watched = { .watch = watch, .file = file };
    struct text snapshot;
    if (file < 0)
        return fail_file(call, path);
    return postgres_enter_as_guest(call, place, &db) && begin_snapshot(call, db, &snapshot)
        && table_sums_take(db, call->arena, &(struct summing){ .watch = watch }, sums, call->error)
        && run_pg_dump(call, place, form,
                       arena_format(call->arena, "--snapshot=%.*s", TEXT_ARG(snapshot)).data, &watched)
        && (fsync(file) == 0 || fail_file(call, path));
}

bool postgres_dump_schema(struct hosting_call *call, const struct tenant_place *place, const char *path)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct watched watched = { .file = file };
    if (file < 0)
        return fail_file(call, path);
    return hosts_take(call->hosting, place->host_id, &there.host, call->error)
        && run_pg_dump(&there, place, DUMP_TO_LOAD, "--schema-only", &watched);
}

/* ---- In ---- */

static bool make_empty(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    return administrator_begin(call, &administrator)
        && postgres_script(call, administrator.db, "DROP DATABASE IF EXISTS {name} WITH (FORCE)",
                           BLANKS({ "name", place->name }))
        && postgres_make_database_of(call, administrator.db, place->name, TEXT("template0"));
}

bool postgres_load(struct hosting_call *call, const struct tenant_place *place, const char *path,
                   const struct copy_watch *watch)
{
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        return fail_file(call, path);
    struct watched watched = { .watch = watch, .file = file, .total = status.st_size, .reads = true };
    if (!hosting_make_role(call, place) || !make_empty(call, place))
        return false;
    struct way way = way_of(call->arena, postgres_way_to(call, place->name, place->name, place->password));
    const char *const arguments[ARGUMENTS_MAX] = {
        find_program(call->arena, "pg_restore"),
        "--format=custom",
        "--no-password",
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--single-transaction",
        way.address,
    };
    return run_program(call, arguments, &way, &watched);
}

bool postgres_sum(struct hosting_call *call, const struct tenant_place *place, const struct summing *summing,
                  struct table_sums *sums)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return postgres_enter_as_guest(call, place, &db) && table_sums_begin(db, call->error)
        && table_sums_take(db, call->arena, summing, sums, call->error);
}

bool postgres_weigh(struct hosting_call *call, const struct tenant_place *place, int64_t *bytes)
{
    [[gnu::cleanup(administrator_end)]] struct administrator administrator = {};
    struct result result;
    if (!administrator_begin(call, &administrator)
        || !db_run(administrator.db, call->arena, &result, call->error, "SELECT pg_database_size($1::name)",
                   PARAMETERS(value_text(place->name))))
        return false;
    *bytes = result.cells[0].integer;
    return true;
}
