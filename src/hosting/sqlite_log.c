/* By https://www.sqlite.org/fileformat2.html#the_write_ahead_log. */
#include "hosting/sqlite_log.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Bytes, and where in the header and in that of a frame they are; all numbers are big-endian. */
enum {
    HEADER_PAGE_SIZE = 8,
    HEADER_SALTS = 16,
    HEADER_SUMS = 24,
    FRAME_COMMIT_PAGES = 4, /* how many the database has from here on; 0: more of the transaction follow */
    FRAME_SALTS = 8,
    FRAME_SUMS = 16,
    FRAME_HEADER_SIZE = 24,
    SALTS_SIZE = 8,
    FRAMES_AT_ONCE = 1'024
};

static const uint32_t magic = 0x377f0682; /* one more: the checksums are of big-endian words */

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t reversed_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static void add_to_sums(const struct sqlite_log *log, uint32_t sums[2], const unsigned char *bytes,
                        size_t size)
{
    uint32_t (*word_at)(const unsigned char *) = number_at(log->header) == magic ? reversed_at : number_at;
    for (size_t i = 0; i < size; i += 8) {
        sums[0] += word_at(bytes + i) + sums[1];
        sums[1] += word_at(bytes + i + 4) + sums[0];
    }
}

static bool are_sums(const uint32_t sums[2], const unsigned char *bytes)
{
    return sums[0] == number_at(bytes) && sums[1] == number_at(bytes + 4);
}

static bool fail_io(struct error *error, const char *path)
{
    return fail(error, errno == ENOSPC || errno == EDQUOT ? ERROR_storage_full : ERROR_internal, "%s: %s",
                path, strerror(errno));
}

bool sqlite_log_open(struct sqlite_log *log, const char *path, struct error *error)
{
    *log = (struct sqlite_log){ .path = path, .file = open(path, O_RDONLY | O_CLOEXEC), .is_empty = true };
    return log->file >= 0 || fail_io(error, path);
}

void sqlite_log_close(struct sqlite_log *log)
{
    file_cleanup(&log->file);
    log->file = -1;
}

static bool is_header(struct sqlite_log *log)
{
    uint32_t sums[2] = {};
    add_to_sums(log, sums, log->header, HEADER_SUMS);
    return number_at(log->header) >> 1 == magic >> 1 && are_sums(sums, log->header + HEADER_SUMS);
}

bool sqlite_log_begin(struct sqlite_log *log, struct error *error)
{
    if (!sqlite_log_is_another(log))
        return true;
    log->applied = 0;
    log->is_empty = pread(log->file, log->header, sizeof log->header, 0) != (ssize_t)sizeof log->header;
    if (log->is_empty)
        return true;
    if (!is_header(log))
        return fail(error, ERROR_conflict, "%s is no log of SQLite's", log->path);
    log->page_size = number_at(log->header + HEADER_PAGE_SIZE);
    log->sums[0] = number_at(log->header + HEADER_SUMS);
    log->sums[1] = number_at(log->header + HEADER_SUMS + 4);
    return true;
}

bool sqlite_log_is_another(const struct sqlite_log *log)
{
    unsigned char header[SQLITE_LOG_HEADER_SIZE];
    bool is_empty = pread(log->file, header, sizeof header, 0) != (ssize_t)sizeof header;
    return is_empty ? !log->is_empty : log->is_empty || memcmp(header, log->header, sizeof header) != 0;
}

/* The next one, whose checksum must go on from those before it. */
static bool read_frame(struct sqlite_log *log, unsigned char *frame, struct error *error)
{
    size_t size = FRAME_HEADER_SIZE + log->page_size;
    off_t at = SQLITE_LOG_HEADER_SIZE + log->applied * (off_t)size;
    if (pread(log->file, frame, size, at) != (ssize_t)size)
        return fail(error, ERROR_conflict, "%s ends before its time", log->path);
    add_to_sums(log, log->sums, frame, FRAME_SALTS);
    add_to_sums(log, log->sums, frame + FRAME_HEADER_SIZE, log->page_size);
    return (memcmp(frame + FRAME_SALTS, log->header + HEADER_SALTS, SALTS_SIZE) == 0
            && are_sums(log->sums, frame + FRAME_SUMS))
        || fail(error, ERROR_conflict, "frame %lld of %s is not whole", (long long)log->applied + 1,
                log->path);
}

static bool write_page(const struct sqlite_log *log, const unsigned char *frame, int to, struct error *error)
{
    off_t at = (off_t)(number_at(frame) - 1) * (off_t)log->page_size;
    return pwrite(to, frame + FRAME_HEADER_SIZE, log->page_size, at) == (ssize_t)log->page_size
        || fail_io(error, "a copy's page");
}

bool sqlite_log_apply(struct sqlite_log *log, int64_t committed, int to, struct arena *arena,
                      const struct copy_watch *watch, struct error *error)
{
    if (log->applied >= committed)
        return log->applied == committed
            || fail(error, ERROR_conflict, "%s has fewer frames than before", log->path);
    if (log->is_empty)
        return fail(error, ERROR_conflict, "%s is empty", log->path);
    unsigned char *frame = arena_array(arena, unsigned char, FRAME_HEADER_SIZE + log->page_size);
    for (int64_t begun = log->applied; log->applied < committed; log->applied++) {
        if ((log->applied - begun) % FRAMES_AT_ONCE == 0 && !copy_watch_goes_on(watch, 0, 0))
            return fail(error, ERROR_internal, "the copy was given up");
        if (!read_frame(log, frame, error) || !write_page(log, frame, to, error))
            return false;
    }
    log->bytes = (int64_t)number_at(frame + FRAME_COMMIT_PAGES) * (int64_t)log->page_size;
    return log->bytes > 0
             ? ftruncate(to, log->bytes) == 0 || fail_io(error, "a copy")
             : fail(error, ERROR_conflict, "the last frame of %s ends no transaction", log->path);
}
