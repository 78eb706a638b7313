#include "copies/shelf.h"
#include "base/file.h"
#include "base/random.h"
#include "record/site.h"
#include "settings/options.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct text unfinished = TEXT_CONSTANT(".part");

static bool fail_io(struct work *work, const char *path)
{
    enum error_code code = errno == ENOSPC || errno == EDQUOT ? ERROR_storage_full : ERROR_internal;
    return fail(&work->error, code, "%s: %s", path, strerror(errno));
}

static const char *folder_of_all(const struct work *work)
{
    const char *given = option_string(work->site->options, OPTION_backups);
    return *given
             ? given
             : arena_format(work->arena, "%s/backups", option_string(work->site->options, OPTION_data)).data;
}

static const char *path_of(const struct work *work, struct text backup_id, struct text ending)
{
    return arena_format(work->arena, "%s/%.*s%.*s", folder_of_all(work), TEXT_ARG(backup_id),
                        TEXT_ARG(ending))
        .data;
}

static bool sync_folder(struct work *work, const char *path)
{
    [[gnu::cleanup(file_cleanup)]] int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return (folder >= 0 && fsync(folder) == 0) || fail_io(work, path);
}

/* Folders here hold files alone. */
static bool remove_folder(struct work *work, const char *path)
{
    [[gnu::cleanup(folder_cleanup)]] DIR *folder = opendir(path);
    if (!folder)
        return errno == ENOENT || fail_io(work, path);
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && unlinkat(dirfd(folder), entry->d_name, 0) != 0)
            return fail_io(work, path);
    return rmdir(path) == 0 || fail_io(work, path);
}

bool shelf_begin(struct work *work, struct text backup_id, const char **folder)
{
    const char *all = folder_of_all(work);
    *folder = path_of(work, backup_id, unfinished);
    if (mkdir(all, 0700) != 0 && errno != EEXIST)
        return fail_io(work, all);
    return shelf_remove(work, backup_id) && (mkdir(*folder, 0700) == 0 || fail_io(work, *folder));
}

bool shelf_finish(struct work *work, struct text backup_id, const char **folder)
{
    const char *from = path_of(work, backup_id, unfinished);
    *folder = path_of(work, backup_id, TEXT(""));
    return sync_folder(work, from) && (rename(from, *folder) == 0 || fail_io(work, *folder))
        && sync_folder(work, folder_of_all(work));
}

bool shelf_remove(struct work *work, struct text backup_id)
{
    return remove_folder(work, path_of(work, backup_id, unfinished))
        && remove_folder(work, path_of(work, backup_id, TEXT("")));
}

static bool list_has(const struct shelf_list *list, struct text id)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->ids[i], id))
            return true;
    return false;
}

bool shelf_list(struct work *work, struct shelf_list *list)
{
    const char *all = folder_of_all(work);
    [[gnu::cleanup(folder_cleanup)]] DIR *folder = opendir(all);
    *list = (struct shelf_list){};
    if (!folder)
        return errno == ENOENT || fail_io(work, all);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct text id = text_slice(text_from(entry->d_name), 0, UUID_LENGTH);
        if (!text_is_uuid(id) || list_has(list, id))
            continue;
        list->ids = arena_extend(work->arena, list->ids, sizeof *list->ids, list->count, &list->capacity);
        list->ids[list->count++] = arena_copy(work->arena, id);
    }
    return true;
}

bool shelf_write(struct work *work, const char *path, struct text content)
{
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t at = 0; file >= 0 && at < content.length;) {
        ssize_t wrote = write(file, content.data + at, content.length - at);
        if (wrote < 0)
            return fail_io(work, path);
        at += (size_t)wrote;
    }
    return (file >= 0 && fsync(file) == 0) || fail_io(work, path);
}
