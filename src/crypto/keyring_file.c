/* The key ring as a file: read only where nobody else may, made and changed whole or not at all. */
#include "base/buffer.h"
#include "base/file.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/keyring_change.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RING_FILE_MAX = 32 * 1024 };

static bool fail_file(struct error *error, const char *path, const char *what)
{
    return fail(error, ERROR_internal, "key ring %s: %s: %s", path, what, strerror(errno));
}

static struct text fresh_ring(struct arena *arena)
{
    struct buffer ring = { .arena = arena };
    for (size_t i = 0; i < KEY_PURPOSE_COUNT; i++) {
        unsigned char id[4];
        random_bytes(id, sizeof id);
        struct text digits = hex_encode(arena, TEXT_BYTES(id));
        struct text bytes = random_token(arena, KEY_SIZE);
        buffer_print(&ring, "%s %.*s %.*s\n", key_purpose_names[i], TEXT_ARG(digits), TEXT_ARG(bytes));
    }
    return ring.text;
}

static bool write_whole(int file, struct text text)
{
    while (text.length > 0) {
        ssize_t wrote = write(file, text.data, text.length);
        if (wrote < 0)
            return false;
        text = text_slice(text, (size_t)wrote, text.length);
    }
    return fsync(file) == 0;
}

static int open_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct text folder = slash ? text_slice(text_from(path), 0, (size_t)(slash - path) + 1) : TEXT(".");
    return open(arena_string(arena, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The name of a new file is on disk only once its folder is. */
static bool sync_folder(struct arena *arena, const char *path)
{
    [[gnu::cleanup(file_cleanup)]] int file = open_folder(arena, path);
    return file >= 0 && fsync(file) == 0;
}

/* Written beside it and linked into place: never half a ring, and never over one that another process made
 * meanwhile, which then is the one that counts. */
static bool make_ring(struct arena *arena, const char *path, struct error *error)
{
    struct text fresh_path = arena_format(arena, "%s.%d.new", path, (int)getpid());
    [[gnu::cleanup(file_cleanup)]] int file =
        open(fresh_path.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_file(error, path, "cannot be made");
    struct text ring = fresh_ring(arena);
    bool made = write_whole(file, ring) && (link(fresh_path.data, path) == 0 || errno == EEXIST);
    OPENSSL_cleanse((char *)(uintptr_t)ring.data, ring.length);
    int reason = errno;
    unlink(fresh_path.data);
    errno = reason;
    return (made && sync_folder(arena, path)) || fail_file(error, path, "cannot be written");
}

static bool check_file(int file, const char *path, struct stat *status, struct error *error)
{
    if (fstat(file, status) < 0)
        return fail_file(error, path, "cannot be looked at");
    if (!S_ISREG(status->st_mode))
        return fail(error, ERROR_internal, "key ring %s: is not a file", path);
    if (status->st_mode & (S_IRWXG | S_IRWXO))
        return fail(error, ERROR_internal, "key ring %s: others may read it (chmod 600)", path);
    if (status->st_size > RING_FILE_MAX)
        return fail(error, ERROR_internal, "key ring %s: is over %d bytes", path, RING_FILE_MAX);
    return true;
}

/* `bytes` has room for RING_FILE_MAX. */
static bool read_ring(const char *path, char *bytes, struct text *ring, struct stat *status,
                      struct error *error)
{
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_file(error, path, "cannot be opened");
    if (!check_file(file, path, status, error))
        return false;
    size_t length = 0;
    for (ssize_t got; (got = read(file, bytes + length, RING_FILE_MAX - length)) != 0; length += (size_t)got)
        if (got < 0)
            return fail_file(error, path, "cannot be read");
    *ring = (struct text){ bytes, length };
    return true;
}

bool keyring_open(struct keyring **keyring, const char *path, bool create, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    if (create && access(path, F_OK) < 0 && errno == ENOENT && !make_ring(arena, path, error))
        return false;
    struct stat status;
    struct text ring;
    char *bytes = arena_alloc(arena, RING_FILE_MAX);
    bool done = read_ring(path, bytes, &ring, &status, error) && keyring_read(keyring, ring, error);
    OPENSSL_cleanse(bytes, RING_FILE_MAX);
    return done;
}

/* Put beside it and renamed over it, its owner's as before: root may change the ring of a service. */
static bool replace_ring(struct arena *arena, const char *path, struct text ring, const struct stat *before,
                         struct error *error)
{
    struct text fresh_path = arena_format(arena, "%s.%d.new", path, (int)getpid());
    [[gnu::cleanup(file_cleanup)]] int file =
        open(fresh_path.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_file(error, path, "cannot be written");
    bool replaced = fchown(file, before->st_uid, before->st_gid) == 0 && write_whole(file, ring)
                 && rename(fresh_path.data, path) == 0;
    if (replaced)
        return sync_folder(arena, path) || fail_file(error, path, "cannot be written");
    int reason = errno;
    unlink(fresh_path.data);
    errno = reason;
    return fail_file(error, path, "cannot be written");
}

static bool change_ring(struct arena *arena, const char *path, char *bytes, struct keyring_change *change,
                        struct error *error)
{
    struct stat status = {};
    struct text ring = {}, changed = {};
    if (!read_ring(path, bytes, &ring, &status, error)
        || !keyring_change_text(arena, ring, change, &changed, error))
        return false;
    struct keyring *whole = NULL; /* what would not be read is not written */
    bool done = keyring_read(&whole, changed, error) && replace_ring(arena, path, changed, &status, error);
    keyring_close(whole);
    OPENSSL_cleanse((char *)(uintptr_t)changed.data, changed.length);
    return done;
}

bool keyring_change_file(const char *path, struct keyring_change *change, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    char real[PATH_MAX]; /* a link stays a link */
    if (!realpath(path, real))
        return fail_file(error, path, "cannot be opened");
    [[gnu::cleanup(file_cleanup)]] int folder = open_folder(arena, real);
    if (folder < 0 || flock(folder, LOCK_EX) != 0)
        return fail_file(error, path, "cannot be locked");
    char *bytes = arena_alloc(arena, RING_FILE_MAX);
    bool done = change_ring(arena, real, bytes, change, error);
    OPENSSL_cleanse(bytes, RING_FILE_MAX);
    return done;
}
