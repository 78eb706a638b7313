/*
 * SQLite's write-ahead log, applied to a copy of its database: frames, a page each, told by checksums that
 * each go on from the one before. How many of them are committed SQLite knows, and the caller asks it. The
 * log may be opened beside SQLite, which holds its locks on other files.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "hosting/copy_watch.h"

enum { SQLITE_LOG_HEADER_SIZE = 32 };

struct sqlite_log {
    const char *path;
    int file; /* -1: not opened */
    unsigned char header[SQLITE_LOG_HEADER_SIZE];
    bool is_empty; /* it has not even a header */
    size_t page_size;
    int64_t applied;  /* frames */
    uint32_t sums[2]; /* of all up to there */
    int64_t bytes;    /* of the database, by the last of them */
};

[[nodiscard]] bool sqlite_log_open(struct sqlite_log *log, const char *path, struct error *error);
void sqlite_log_close(struct sqlite_log *log);

/* Goes on where the last call ended, or from the first frame where the log was begun anew since. */
[[nodiscard]] bool sqlite_log_begin(struct sqlite_log *log, struct error *error);
/* Begun anew since sqlite_log_begin. */
bool sqlite_log_is_another(const struct sqlite_log *log);
/* Every page of the frames up to `committed` is written into the file `to`. */
[[nodiscard]] bool sqlite_log_apply(struct sqlite_log *log, int64_t committed, int to, struct arena *arena,
                                    const struct copy_watch *watch, struct error *error);
