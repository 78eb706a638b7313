/* One JSON object a line on standard error. Called by the gate,
 * the job runner and main; libraries never log. */
#pragma once
#include "base/value.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
    const char *name;
    struct value value;
};

/* Fields end with one whose name is NULL. A line is one
 * write(2); over LOG_LINE_MAX it is cut between fields. */
void log_write(enum log_level level, const char *message, const struct log_field *fields);
[[nodiscard]] bool log_level_named(struct text name, enum log_level *level);
void log_set_level(enum log_level level); /* what is lower is not written */
/*
 * From now on this thread's lines are kept and written together by log_settle, once the first is LOG_DELAY_MS
 * old (or when LOG_KEPT_MAX is full): for threads that write many. log_keep_no_more before the thread ends.
 */
void log_keep(void);
[[nodiscard]] int
log_settle(void); /* in how many ms it is to be called again at the latest; -1: nothing is kept */
void log_keep_no_more(void);
bool log_is_written(enum log_level level); /* for what costs something to say */

#define LOG(level, message, ...)                                                                             \
    log_write((level), (message), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ NULL, {} } })
