/* DATA/: 0700, one process at a time, and the key ring without which nothing opens. */
#include "app/parts.h"
#include "crypto/keyring_change.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

const char *folder_path(struct app *app, const char *name)
{
    return arena_format(app->arena, "%s/%s", option_string(app->options, OPTION_data), name).data;
}

static bool take_lock(struct app *app, struct error *error)
{
    if (app->lock >= 0)
        return true; /* handed over */
    const char *path = folder_path(app, "lock");
    app->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (app->lock < 0)
        return fail(error, ERROR_internal, "%s: %s", path, strerror(errno));
    if (flock(app->lock, LOCK_EX | LOCK_NB) != 0)
        return fail(error, ERROR_conflict, "another process works on %s",
                    option_string(app->options, OPTION_data));
    return true;
}

bool folder_open(struct app *app, struct error *error)
{
    const char *folder = option_string(app->options, OPTION_data);
    struct stat found;
    if (app->use != APP_LOOKS && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fail(error, ERROR_internal, "%s: %s", folder, strerror(errno));
    if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
        return fail(error, ERROR_internal, "%s is not a folder", folder);
    if (found.st_mode & 077)
        return fail(error, ERROR_internal, "%s is open to others: chmod 700 it", folder);
    /* On PostgreSQL any number of processes work on one database; a serving one still owns its socket. */
    bool on_sqlite = !*option_string(app->options, OPTION_database);
    if (app->use == APP_LOOKS)
        return !on_sqlite || access(folder_path(app, "superadmin.db"), R_OK) == 0
            || fail(error, ERROR_internal, "%s holds no database", folder);
    return (!on_sqlite && app->use != APP_SERVES) || take_lock(app, error);
}

void folder_close(struct app *app)
{
    if (app->lock >= 0)
        close(app->lock);
}

static const char *ring_path(struct arena *arena, const struct options *options)
{
    const char *path = option_string(options, OPTION_keyring);
    return *path ? path : arena_format(arena, "%s/keyring", option_string(options, OPTION_data)).data;
}

bool folder_open_keyring(struct app *app, bool first_start, struct error *error)
{
    const char *given = getenv("NIDIA_KEYS");
    if (given)
        return keyring_read(&app->site.keyring, text_from(given), error);
    return keyring_open(&app->site.keyring, ring_path(app->arena, app->options), first_start, error);
}

bool app_change_keyring(const struct options *options, struct keyring_change *change, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    if (getenv("NIDIA_KEYS"))
        return fail(error, ERROR_conflict,
                    "the key ring is in NIDIA_KEYS: change a copy of it in a file (--keyring), without "
                    "NIDIA_KEYS");
    return keyring_change_file(ring_path(arena, options), change, error);
}
