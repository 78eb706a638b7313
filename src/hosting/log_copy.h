/*
 * A SQLite file copied to another host while it is written: all of it as it was at one moment, compared table
 * by table with that moment; then, again and again, what SQLite's log has since. A reader stays at the
 * moment, and while he reads SQLite neither begins its log anew nor leaves any of it out: so the file of that
 * moment and the frames of the log are the database, byte for byte, as after a crash.
 */
#pragma once
#include "hosting/copying.h"
#include "hosting/sqlite_log.h"

struct log_copy {
    const char *from, *to;
    struct db *moment;  /* reads there, so that the log is kept */
    struct db *counter; /* is told how far the log is committed */
    struct db *lock;    /* while it has one, nobody writes */
    struct sqlite_log log;
    int file; /* the copy; -1: not opened */
};
#define LOG_COPY_NONE ((struct log_copy){ .file = -1, .log.file = -1 })

/* The copy, and what both hold at its moment. What stands in the place is dropped first. */
[[nodiscard]] bool log_copy_begin(struct hosting_call *call, const struct tenant_place *from,
                                  const struct tenant_place *to, const struct copy_watch *watch,
                                  struct log_copy *copy, struct table_sums *sums);
/* Until bringing over what was written meanwhile takes less than `within_ms`. */
[[nodiscard]] bool log_copy_come_near(struct hosting_call *call, struct log_copy *copy, int64_t within_ms,
                                      const struct copy_watch *watch);
/* Brings over all that was written, on disk; nobody writes any more until the copying is ended. */
[[nodiscard]] bool log_copy_finish(struct hosting_call *call, struct log_copy *copy,
                                   const struct copy_watch *watch);
void log_copy_end(struct log_copy *copy); /* for [[gnu::cleanup]] */
