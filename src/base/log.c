#include "base/log.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/scan.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_LINE_MAX = 8192, LOG_KEPT_MAX = 4 * LOG_LINE_MAX, LOG_DELAY_MS = 5 };

static _Atomic int lowest = LOG_INFO;

/* A thread's lines that are not written yet. Not in place: each thread's own memory is touched when it
 * begins. */
static _Thread_local struct {
    char *bytes; /* NULL: lines are written at once */
    size_t length;
    int64_t since_us; /* of the first */
} kept;

struct line {
    char bytes[LOG_LINE_MAX];
    size_t length;
    bool full;
};

static void add(struct line *line, const char *data, size_t length)
{
    if (line->length + length > sizeof line->bytes - 2) {
        line->full = true;
        return;
    }
    memcpy(line->bytes + line->length, data, length);
    line->length += length;
}

/* What a string of JSON holds only escaped. */
static const bool is_escaped[256] = { [0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x7f] = true };

/* Where the next of them stands, or the text's length. */
static size_t find_escaped(struct text text, size_t at)
{
    for (; at + SCAN_STEP <= text.length; at += SCAN_STEP) {
        uint64_t word = scan_load(text.data + at);
        uint64_t marks =
            scan_less(word, 0x20) | scan_equal(word, '"') | scan_equal(word, '\\') | scan_equal(word, 0x7f);
        if (marks)
            return at + scan_first(marks);
    }
    while (at < text.length && !is_escaped[(unsigned char)text.data[at]])
        at++;
    return at;
}

/* ASCII of which nothing is escaped, as most that is logged. */
static bool is_plain(struct text text)
{
    size_t at = 0;
    for (; at + SCAN_STEP <= text.length; at += SCAN_STEP)
        if (scan_load(text.data + at) & SCAN_EACH(0x80))
            return false;
    while (at < text.length && (unsigned char)text.data[at] < 0x80)
        at++;
    return at == text.length && find_escaped(text, 0) == text.length;
}

static void add_plain(struct line *line, struct text text)
{
    add(line, "\"", 1);
    add(line, text.data, text.length);
    add(line, "\"", 1);
}

static void add_escaped(struct line *line, struct text text)
{
    add(line, "\"", 1);
    for (size_t at = 0; at < text.length;) {
        size_t to = find_escaped(text, at);
        add(line, text.data + at, to - at);
        if (to == text.length)
            break;
        char escaped[8], byte = text.data[to];
        int length = snprintf(escaped, sizeof escaped, byte == '"' || byte == '\\' ? "\\%c" : "\\u%04x",
                              (unsigned char)byte);
        add(line, escaped, (size_t)length);
        at = to + 1;
    }
    add(line, "\"", 1);
}

static void add_value(struct line *line, struct value value)
{
    char printed[TIME_TEXT_SIZE > (int)INTEGER_TEXT_SIZE ? TIME_TEXT_SIZE : INTEGER_TEXT_SIZE];
    struct text integer;
    switch (value.kind) {
    case VALUE_ABSENT:
    case VALUE_NULL: add(line, "null", 4); break;
    case VALUE_BOOLEAN: add(line, value.boolean ? "true" : "false", value.boolean ? 4 : 5); break;
    case VALUE_INTEGER:
        integer = text_of_integer(value.integer, printed);
        add(line, integer.data, integer.length);
        break;
    case VALUE_TIME: add_plain(line, calendar_print_time(value.integer, printed)); break;
    case VALUE_TEXT:
        if (is_plain(value.text))
            add_plain(line, value.text);
        else
            add_escaped(line, text_is_utf8(value.text) ? value.text : TEXT("(not UTF-8)"));
        break;
    }
}

static void add_field(struct line *line, const char *name, struct value value)
{
    size_t before = line->length;
    add(line, ",\"", 2);
    add(line, name, strlen(name));
    add(line, "\":", 2);
    add_value(line, value);
    if (line->full) {
        line->length = before;
        line->full = false;
    }
}

static const char *const level_names[] = { "debug", "info", "warning", "error" };

bool log_level_named(struct text name, enum log_level *level)
{
    for (*level = LOG_DEBUG; *level <= LOG_ERROR; (*level)++)
        if (text_is(name, level_names[*level]))
            return true;
    return false;
}

void log_set_level(enum log_level level)
{
    atomic_store(&lowest, (int)level);
}

bool log_is_written(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

static void write_out(const char *bytes, size_t length)
{
    if (length > 0 && write(STDERR_FILENO, bytes, length) < 0)
        return; /* nowhere to complain */
}

void log_keep(void)
{
    kept.bytes = memory_require(malloc(LOG_KEPT_MAX));
}

static void flush(void)
{
    write_out(kept.bytes, kept.length);
    kept.length = 0;
}

int log_settle(void)
{
    if (kept.length == 0)
        return -1;
    int64_t left_us = kept.since_us + LOG_DELAY_MS * INT64_C(1'000) - clock_monotonic_us();
    if (left_us > 0)
        return (int)((left_us + 999) / 1'000);
    flush();
    return -1;
}

void log_keep_no_more(void)
{
    flush();
    free(kept.bytes);
    kept.bytes = NULL;
}

static void put(const char *bytes, size_t length)
{
    if (!kept.bytes) {
        write_out(bytes, length);
        return;
    }
    if (kept.length + length > LOG_KEPT_MAX)
        flush();
    if (kept.length == 0)
        kept.since_us = clock_monotonic_us();
    memcpy(kept.bytes + kept.length, bytes, length);
    kept.length += length;
}

/* Printed once for all lines of a thread in the same millisecond. */
static struct text print_now(void)
{
    static _Thread_local struct {
        char printed[TIME_TEXT_SIZE];
        struct text text;
        int64_t ms;
    } last;
    int64_t now_ms = clock_now_ms();
    if (last.text.length == 0 || last.ms != now_ms)
        last.text = calendar_print_time(now_ms, last.printed);
    last.ms = now_ms;
    return last.text;
}

void log_write(enum log_level level, const char *message, const struct log_field *fields)
{
    if (!log_is_written(level))
        return;
    struct line line; /* without its bytes: clearing them would cost more than writing them */
    line.length = 0;
    line.full = false;
    add_field(&line, "time", value_text(print_now()));
    add_field(&line, "level", value_string(level_names[level]));
    add_field(&line, "message", value_string(message));
    for (const struct log_field *field = fields; field->name; field++)
        if (field->value.kind != VALUE_ABSENT)
            add_field(&line, field->name, field->value);
    line.bytes[0] = '{'; /* where the first field has its comma */
    line.bytes[line.length++] = '}';
    line.bytes[line.length++] = '\n';
    put(line.bytes, line.length);
}
