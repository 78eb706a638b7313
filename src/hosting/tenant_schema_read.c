/* Which files make up the schema: found, ordered, and told apart by engine. */
#include "base/buffer.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "hosting/tenant_schema.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files without an engine in their name are for every engine that has none of its own. */
static const struct ending {
    const char *text;
    int engine; /* -1: all */
} endings[] = {
    { ".sqlite.sql", ENGINE_SQLITE },
    { ".postgres.sql", ENGINE_POSTGRES },
    { ".sql", -1 },
};

struct named_file {
    struct tenant_schema_file file;
    int engine;
};

struct listing {
    struct arena *arena;
    struct named_file *files;
    size_t count;
    struct error *error;
};

/* "0001_settings.sqlite.sql" */
static bool read_name(struct text text, struct named_file *named)
{
    struct text digits = text_slice(text, 0, 4);
    const struct ending *ending = endings;
    while (!text_ends(text, text_from(ending->text)))
        ending++;
    named->engine = ending->engine;
    named->file.name = text_slice(text, 5, text.length - strlen(ending->text));
    return text.length > 5 && text.data[4] == '_' && digits.data[0] != '-'
        && text_to_integer(digits, &named->file.version)
        && text_consists_of(named->file.name, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

static bool add_file(struct listing *listing, struct text name, struct text sql)
{
    struct named_file named = {};
    if (!read_name(name, &named))
        return fail(listing->error, ERROR_conflict, "tenant schema: %.*s is not named NNNN_name.sql",
                    TEXT_ARG(name));
    if (listing->count == TENANT_SCHEMA_FILES_MAX)
        return fail(listing->error, ERROR_conflict, "tenant schema: more than %d files",
                    TENANT_SCHEMA_FILES_MAX);
    named.file.name = arena_copy(listing->arena, named.file.name);
    named.file.sql = sql;
    named.file.checksum = sha256_hex(listing->arena, sql);
    listing->files[listing->count++] = named;
    return true;
}

static bool read_whole(struct listing *listing, int folder, const char *name, struct text *sql)
{
    [[gnu::cleanup(file_cleanup)]] int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        return fail(listing->error, ERROR_conflict, "tenant schema: %s: %s", name, strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size > TENANT_SCHEMA_FILE_BYTES_MAX)
        return fail(listing->error, ERROR_conflict, "tenant schema: %s is no file of at most %d bytes", name,
                    TENANT_SCHEMA_FILE_BYTES_MAX);
    size_t size = (size_t)status.st_size;
    char *data = arena_alloc(listing->arena, size + 1);
    for (size_t at = 0; at < size;) {
        ssize_t got = read(file, data + at, size - at);
        if (got <= 0)
            return fail(listing->error, ERROR_conflict, "tenant schema: %s: %s", name, strerror(errno));
        at += (size_t)got;
    }
    *sql = (struct text){ data, size };
    if (!text_is_utf8(*sql) || strlen(data) != size)
        return fail(listing->error, ERROR_conflict, "tenant schema: %s is not UTF-8 text", name);
    return true;
}

static bool list_folder(struct listing *listing, const char *path)
{
    [[gnu::cleanup(folder_cleanup)]] DIR *folder = opendir(path);
    if (!folder)
        return fail(listing->error, ERROR_conflict, "tenant schema: %s: %s", path, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct text name = text_from(entry->d_name), sql = {};
        if (entry->d_name[0] == '.' || !text_ends(name, TEXT(".sql")))
            continue;
        if (!read_whole(listing, dirfd(folder), entry->d_name, &sql) || !add_file(listing, name, sql))
            return false;
    }
    return true;
}

static bool list_built_in(struct listing *listing)
{
    for (const struct tenant_schema_source *source = tenant_schema_built_in; source->name; source++)
        if (!add_file(listing, text_from(source->name), text_from(source->sql)))
            return false;
    return true;
}

static int by_version(const void *a, const void *b)
{
    const struct named_file *first = a, *second = b;
    int64_t difference = first->file.version - second->file.version;
    if (difference == 0)
        difference = first->engine - second->engine;
    return (difference > 0) - (difference < 0);
}

/* Of one version: the engine's own file, else the one for all. */
static bool choose(struct tenant_schema *schema, const struct named_file *files, size_t count,
                   enum engine engine, struct error *error)
{
    const struct named_file *chosen = NULL;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && files[i].engine == files[i - 1].engine)
            return fail(error, ERROR_conflict, "tenant schema: %04d is there twice",
                        (int)files->file.version);
        if (files[i].engine == -1 || files[i].engine == (int)engine)
            chosen = &files[i];
    }
    if (!chosen)
        return fail(error, ERROR_conflict, "tenant schema: %04d has no file for this engine",
                    (int)files->file.version);
    schema->files[schema->count++] = chosen->file;
    return true;
}

static struct text fingerprint_of(struct arena *arena, struct text list)
{
    return text_slice(sha256_hex(arena, list), 0, TENANT_SCHEMA_FINGERPRINT_LENGTH);
}

/* Of each beginning of the list: by it a database that has run so much is known. */
static void add_fingerprints(struct tenant_schema *schema, struct arena *arena)
{
    struct buffer list = { .arena = arena };
    schema->fingerprint = fingerprint_of(arena, list.text);
    for (struct tenant_schema_file *file = schema->files; file < schema->files + schema->count; file++) {
        buffer_print(&list, "%04d %.*s %.*s\n", (int)file->version, TEXT_ARG(file->name),
                     TEXT_ARG(file->checksum));
        schema->fingerprint = file->fingerprint = fingerprint_of(arena, list.text);
    }
}

bool tenant_schema_read(struct tenant_schema *schema, struct arena *arena, const char *folder,
                        enum engine engine, struct error *error)
{
    struct listing listing = { .arena = arena,
                               .files = arena_array(arena, struct named_file, TENANT_SCHEMA_FILES_MAX),
                               .error = error };
    if (!(*folder ? list_folder(&listing, folder) : list_built_in(&listing)))
        return false;
    qsort(listing.files, listing.count, sizeof *listing.files, by_version);
    *schema =
        (struct tenant_schema){ .files = arena_array(arena, struct tenant_schema_file, listing.count + 1) };
    for (size_t from = 0, to; from < listing.count; from = to) {
        to = from + 1;
        while (to < listing.count && listing.files[to].file.version == listing.files[from].file.version)
            to++;
        if (!choose(schema, listing.files + from, to - from, engine, error))
            return false;
    }
    add_fingerprints(schema, arena);
    return true;
}
