/*
 * Tenants' databases as files of this machine: FOLDER/NAME.db, mode 0600, copied from a template that has
 * run the schema, FOLDER/templates/FINGERPRINT.db; the options state the folder DATA/tenants. There are no
 * roles: who may read the files is the operating system's to say.
 */
#include "base/file.h"
#include "hosting/host.h"
#include "settings/options.h"
#include "sql/driver.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail_io(struct error *error, const char *path)
{
    enum error_code code = errno == ENOSPC || errno == EDQUOT ? ERROR_storage_full : ERROR_internal;
    return fail(error, code, "%s: %s", path, strerror(errno));
}

static struct text folder_of(struct arena *arena, const struct options *options)
{
    return arena_format(arena, "%s/tenants", option_string(options, OPTION_data));
}

static bool open_host(struct host *host, struct error *)
{
    host->folder = arena_string(host->arena, host->facts.folder);
    host->templates = arena_format(host->arena, "%s/templates", host->folder).data;
    return true;
}

static bool make_folder(const char *path, struct error *error)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST || fail_io(error, path);
}

/* Only then: later a folder that is missing is a disk that is away. */
static bool establish(struct host *host, struct error *error)
{
    return make_folder(host->folder, error);
}

static bool check(struct hosting_call *call)
{
    struct stat status;
    const char *folder = call->host->folder;
    if (stat(folder, &status) != 0 || access(folder, R_OK | W_OK | X_OK) != 0)
        return fail_io(call->error, folder);
    return S_ISDIR(status.st_mode) || fail(call->error, ERROR_conflict, "%s is no folder", folder);
}

const char *sqlite_path_of(struct hosting_call *call, struct text name)
{
    return arena_format(call->arena, "%s/%.*s.db", call->host->folder, TEXT_ARG(name)).data;
}

bool sqlite_sync_path(struct hosting_call *call, const char *path)
{
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_RDONLY | O_CLOEXEC);
    return (file >= 0 && fsync(file) == 0) || fail_io(call->error, path);
}

/* SQLite's companions of a database file too. */
void sqlite_remove_database(struct hosting_call *call, const char *path)
{
    static const char *const endings[] = { "-wal", "-shm", "" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        unlink(arena_format(call->arena, "%s%s", path, endings[i]).data);
}

static bool run_schema(struct hosting_call *call, const char *path)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return sqlite_connect(&db, path, SQLITE_WRITES, call->error)
        && tenant_schema_apply(call->schema, db, call->arena, call->now, call->error);
}

/* Made under another name, so that what bears the template's name is whole. */
static bool find_template(struct hosting_call *call, const char **path)
{
    const char *templates = call->host->templates;
    *path = arena_format(call->arena, "%s/%.*s.db", templates, TEXT_ARG(call->schema->fingerprint)).data;
    if (access(*path, F_OK) == 0)
        return true;
    const char *unfinished = arena_format(call->arena, "%s.%d", *path, (int)gettid()).data;
    sqlite_remove_database(call, unfinished);
    return make_folder(templates, call->error) && run_schema(call, unfinished)
        && sqlite_sync_path(call, unfinished)
        && (rename(unfinished, *path) == 0 || fail_io(call->error, *path))
        && sqlite_sync_path(call, templates);
}

/* The kernel copies, sharing blocks where the file system can. */
bool sqlite_copy_file(struct hosting_call *call, const char *from_path, const char *to_path)
{
    [[gnu::cleanup(file_cleanup)]] int from = open(from_path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return fail_io(call->error, from_path);
    [[gnu::cleanup(file_cleanup)]] int to = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct stat status;
    if (to < 0 || fstat(from, &status) != 0)
        return fail_io(call->error, to_path);
    for (off_t left = status.st_size; left > 0;) {
        ssize_t copied = copy_file_range(from, NULL, to, NULL, (size_t)left, 0);
        if (copied <= 0)
            return fail_io(call->error, to_path);
        left -= copied;
    }
    return fsync(to) == 0 || fail_io(call->error, to_path);
}

static bool make_role(struct hosting_call *, const struct tenant_place *)
{
    return true;
}

/* link() never puts a copy in the place of a database that is there already, whoever made it meanwhile. */
static bool make_database(struct hosting_call *call, const struct tenant_place *place)
{
    const char *path = sqlite_path_of(call, place->name), *template;
    if (access(path, F_OK) == 0)
        return true;
    const char *unfinished = arena_format(call->arena, "%s.new", path).data; /* overwritten by the next */
    if (!find_template(call, &template) || !sqlite_copy_file(call, template, unfinished))
        return false;
    bool linked = link(unfinished, path) == 0 || errno == EEXIST || fail_io(call->error, path);
    unlink(unfinished);
    return linked && sqlite_sync_path(call, call->host->folder);
}

static bool connect_database(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    const char *path = sqlite_path_of(call, place->name);
    if (access(path, F_OK) != 0)
        return fail(call->error, ERROR_database_unavailable, "the database %.*s is missing",
                    TEXT_ARG(place->name));
    return sqlite_connect(db, path, SQLITE_WRITES, call->error);
}

/* Who may read the files is not for this program to say; who may write in them is. */
static bool set_access(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return place->access == ACCESS_none
        || (connect_database(call, place, &db)
            && sqlite_set_read_only(call, db, place->access == ACCESS_read_only));
}

static bool drop(struct hosting_call *call, const struct tenant_place *place)
{
    const char *path = sqlite_path_of(call, place->name);
    sqlite_remove_database(call, path);
    return access(path, F_OK) != 0 ? sqlite_sync_path(call, call->host->folder) : fail_io(call->error, path);
}

static bool list_databases(struct hosting_call *call, struct place_list *list)
{
    [[gnu::cleanup(folder_cleanup)]] DIR *folder = opendir(call->host->folder);
    if (!folder)
        return fail_io(call->error, call->host->folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct text name = text_from(entry->d_name);
        if (text_ends(name, TEXT(".db")))
            place_list_add(list, call->arena, text_slice(name, 0, name.length - strlen(".db")));
    }
    return true;
}

static bool list_roles(struct hosting_call *, struct place_list *)
{
    return true;
}

/* What is gone meanwhile takes none. */
static int64_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : 0;
}

static bool measure(struct hosting_call *call, struct place_sizes *sizes)
{
    struct place_list list = {};
    if (!list_databases(call, &list))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        const char *path = sqlite_path_of(call, list.names[i]);
        const char *log = arena_format(call->arena, "%s-wal", path).data;
        place_sizes_add(sizes, call->arena, list.names[i], size_of(path) + size_of(log));
    }
    return true;
}

static bool find_weaknesses(struct hosting_call *call, struct text *found)
{
    struct stat status;
    if (stat(call->host->folder, &status) != 0)
        return fail_io(call->error, call->host->folder);
    if (status.st_mode & 077)
        *found = arena_format(call->arena, "%s can be read by others", call->host->folder);
    return true;
}

static bool identify(struct hosting_call *call, struct text *identity)
{
    struct stat status;
    if (stat(call->host->folder, &status) != 0)
        return fail_io(call->error, call->host->folder);
    *identity = arena_format(call->arena, "%lld %lld", (long long)status.st_dev, (long long)status.st_ino);
    return true;
}

const struct host_driver host_sqlite = {
    .engine = ENGINE_SQLITE,
    .folder_of = folder_of,
    .open = open_host,
    .establish = establish,
    .check = check,
    .identify = identify,
    .make_role = make_role,
    .make_database = make_database,
    .connect = connect_database,
    .enter = connect_database,
    .set_access = set_access,
    .drop = drop,
    .list_databases = list_databases,
    .list_roles = list_roles,
    .measure = measure,
    .find_weaknesses = find_weaknesses,
    .dump_names = { [DUMP_TO_LOAD] = "database.db", [DUMP_TO_GIVE] = "database.db" },
    .dump = sqlite_dump,
    .load = sqlite_load,
    .sum = sqlite_sum,
};
