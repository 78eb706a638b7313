#include "mail/mail_folder.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int file, struct text text)
{
    while (text.length > 0) {
        ssize_t written = write(file, text.data, text.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text = text_slice(text, (size_t)written, text.length);
    }
    return true;
}

static bool put(int folder, const char *name, const char *fresh, struct text message)
{
    [[gnu::cleanup(file_cleanup)]] int file =
        openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return file >= 0 && write_all(file, message) && fsync(file) == 0
        && renameat(folder, fresh, folder, name) == 0 && fsync(folder) == 0;
}

enum mail_outcome mail_folder_put(const char *path, struct arena *arena, const struct envelope *envelope,
                                  struct text *why)
{
    struct text name = arena_format(arena, "%.*s.eml", TEXT_ARG(envelope->id));
    struct text fresh = arena_format(arena, ".%.*s.fresh", TEXT_ARG(envelope->id));
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        [[gnu::cleanup(file_cleanup)]] int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder >= 0 && put(folder, name.data, fresh.data, envelope->message))
            return MAIL_SENT;
    }
    *why = arena_format(arena, "%s: %s", path, strerror(errno));
    return MAIL_AWAY;
}
