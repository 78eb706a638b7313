#include "identity/breach_list.h"
#include "base/file.h"
#include "crypto/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HASH_LENGTH = 2 * SHA1_SIZE,
    LINE_LENGTH_MAX = 64, /* a hash, a colon, a count of up to 20 digits, CR LF */
};

struct list {
    const char *path;
    int file;
    struct error *error;
};

struct line {
    off_t begins, ends; /* behind its LF */
    char hash[HASH_LENGTH];
};

static bool is_none(const struct list *list)
{
    return fail(list->error, ERROR_internal, "%s is no ordered list of SHA-1 hashes", list->path);
}

static bool read_hash(const struct list *list, const char *bytes, ssize_t length, struct line *line)
{
    if (length < HASH_LENGTH)
        return is_none(list);
    for (size_t i = 0; i < HASH_LENGTH; i++) {
        char digit = bytes[i] >= 'a' && bytes[i] <= 'f' ? (char)(bytes[i] - 'a' + 'A') : bytes[i];
        if (!((digit >= '0' && digit <= '9') || (digit >= 'A' && digit <= 'F')))
            return is_none(list);
        line->hash[i] = digit;
    }
    return true;
}

/* The line that the byte at `inside` belongs to. */
static bool read_line(const struct list *list, off_t inside, struct line *line)
{
    char bytes[2 * LINE_LENGTH_MAX];
    off_t from = inside > LINE_LENGTH_MAX ? inside - LINE_LENGTH_MAX : 0;
    ssize_t got = pread(list->file, bytes, sizeof bytes, from);
    if (got < 0)
        return fail(list->error, ERROR_internal, "%s: %s", list->path, strerror(errno));
    ssize_t at = inside - from, begins = at;
    if (at >= got)
        return is_none(list);
    while (begins > 0 && bytes[begins - 1] != '\n')
        begins--;
    const char *end = memchr(bytes + at, '\n', (size_t)(got - at));
    line->begins = from + begins;
    line->ends = end ? from + (end + 1 - bytes) : from + got;
    return read_hash(list, bytes + begins, got - begins, line);
}

static bool find(const struct list *list, const char hash[static HASH_LENGTH], off_t size, bool *held)
{
    off_t low = 0, high = size; /* beginnings of lines, or the end */
    *held = false;
    while (low < high && !*held) {
        struct line line = {};
        if (!read_line(list, low + (high - low) / 2, &line))
            return false;
        int order = memcmp(line.hash, hash, HASH_LENGTH);
        *held = order == 0;
        if (order < 0)
            low = line.ends;
        else
            high = line.begins;
    }
    return true;
}

bool breach_list_look(const char *path, struct text password, bool *held, struct error *error)
{
    *held = false;
    if (!*path)
        return true;
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        return fail(error, ERROR_internal, "%s: %s", path, strerror(errno));
    char hash[HASH_LENGTH + 1];
    sha1_hex(password, hash);
    return find(&(struct list){ path, file, error }, hash, status.st_size, held);
}
