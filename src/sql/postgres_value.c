/*
 * Values as PostgreSQL writes them. Parameters travel as text: the server infers the type of what has none.
 * Results come in the server's own form where every column's type is known here, which costs it a third of
 * printing them; else as text.
 */
#include "base/calendar.h"
#include "base/random.h"
#include "sql/postgres.h"
#include <stdio.h>
#include <string.h>

enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_DATE = 1082,
    OID_TIMESTAMPTZ = 1184,
    OID_UUID = 2950,
    OID_JSONB = 3802,
};

/* The server counts from the first of January 2000. */
#define EPOCH_DAYS INT64_C(10'957)

Oid parameter_type(const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOLEAN: return OID_BOOL;
    case VALUE_INTEGER: return OID_INT8;
    case VALUE_TIME: return OID_TIMESTAMPTZ;
    case VALUE_ABSENT:
    case VALUE_NULL:
    case VALUE_TEXT: break;
    }
    return 0; /* text, uuid, date, jsonb: as the statement needs it */
}

const char *parameter_text(struct arena *arena, const struct value *value)
{
    char *time;
    switch (value->kind) {
    case VALUE_ABSENT:
    case VALUE_NULL: break;
    case VALUE_BOOLEAN: return value->boolean ? "t" : "f";
    case VALUE_INTEGER: return arena_format(arena, "%lld", (long long)value->integer).data;
    case VALUE_TIME:
        time = arena_alloc(arena, TIME_TEXT_SIZE);
        return calendar_print_time(value->integer, time).data;
    case VALUE_TEXT: return arena_string(arena, value->text);
    }
    return NULL;
}

static struct value read_text(struct arena *arena, struct text text)
{
    return value_text(arena_copy(arena, text));
}

static struct value read_boolean(struct arena *, struct text text)
{
    return value_boolean(text.data[0] == 't');
}

static struct value read_integer(struct arena *arena, struct text text)
{
    int64_t integer;
    return text_to_integer(text, &integer) ? value_integer(integer) : read_text(arena, text);
}

/* "2026-01-31 08:15:00.123456+00": the session's time zone is
 * UTC. What lies outside the calendar stays text. */
static struct value read_time(struct arena *arena, struct text text)
{
    char rfc[40];
    int64_t time_ms;
    struct text offset = TEXT("+00");
    if (text_ends(text, offset) && text.length < sizeof rfc) {
        int length = snprintf(rfc, sizeof rfc, "%.*sZ", (int)(text.length - offset.length), text.data);
        rfc[sizeof "2026-01-31" - 1] = 'T';
        if (calendar_read_time((struct text){ rfc, (size_t)length }, &time_ms))
            return value_time(time_ms);
    }
    return read_text(arena, text);
}

static int64_t read_big_endian(struct text bytes)
{
    uint64_t number = bytes.length > 0 && (bytes.data[0] & 0x80) ? UINT64_MAX : 0;
    for (size_t i = 0; i < bytes.length; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    return (int64_t)number;
}

static struct value read_binary_boolean(struct arena *, struct text bytes)
{
    return value_boolean(bytes.data[0] != 0);
}

static struct value read_binary_integer(struct arena *, struct text bytes)
{
    return value_integer(read_big_endian(bytes));
}

/* The server's infinities, and what else the calendar does not know. */
static struct value beyond_calendar(int64_t number)
{
    return value_text(number < 0 ? TEXT("-infinity") : TEXT("infinity"));
}

static bool is_in_calendar(int64_t day)
{
    enum { FIRST_DAY = -719'162, LAST_DAY = 2'932'896 }; /* of the years 1 and 9999, counted from 1970 */
    return day >= FIRST_DAY && day <= LAST_DAY;
}

static struct value read_binary_time(struct arena *, struct text bytes)
{
    int64_t time_us = read_big_endian(bytes);
    int64_t time_ms = time_us / 1000 - (time_us % 1000 < 0) + EPOCH_DAYS * DAY_MS;
    int64_t day = time_ms / DAY_MS - (time_ms % DAY_MS < 0);
    return is_in_calendar(day) ? value_time(time_ms) : beyond_calendar(time_us);
}

static struct value read_binary_date(struct arena *arena, struct text bytes)
{
    int64_t day = read_big_endian(bytes) + EPOCH_DAYS;
    if (!is_in_calendar(day))
        return beyond_calendar(day);
    return value_text(
        calendar_print_date(calendar_date_of(day * DAY_MS), arena_alloc(arena, DATE_TEXT_SIZE)));
}

static struct value read_binary_uuid(struct arena *arena, struct text bytes)
{
    return value_text(uuid_print((const unsigned char *)bytes.data, arena_alloc(arena, UUID_LENGTH + 1)));
}

/* A version, and the text behind it. */
static struct value read_binary_jsonb(struct arena *arena, struct text bytes)
{
    return read_text(arena, text_slice(bytes, 1, bytes.length));
}

static const struct type_reader {
    Oid type;
    struct value (*text)(struct arena *arena, struct text text);
    struct value (*binary)(struct arena *arena, struct text bytes);
} readers[] = {
    { OID_TEXT, read_text, read_text },
    { OID_BOOL, read_boolean, read_binary_boolean },
    { OID_INT8, read_integer, read_binary_integer },
    { OID_INT4, read_integer, read_binary_integer },
    { OID_INT2, read_integer, read_binary_integer },
    { OID_TIMESTAMPTZ, read_time, read_binary_time },
    { OID_DATE, read_text, read_binary_date },
    { OID_UUID, read_text, read_binary_uuid },
    { OID_JSONB, read_text, read_binary_jsonb },
};

static const struct type_reader *reader_of(const PGresult *answer, size_t column)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].type == PQftype(answer, (int)column))
            return &readers[i];
    return NULL;
}

bool result_may_be_binary(const PGresult *answer)
{
    size_t count = (size_t)PQnfields(answer), known = 0;
    while (known < count && reader_of(answer, known))
        known++;
    return known == count;
}

static void read_column(const PGresult *answer, size_t column, struct arena *arena, struct result *result)
{
    const struct type_reader *reader = reader_of(answer, column);
    bool is_binary = PQfformat(answer, (int)column) == 1;
    struct value (*read)(struct arena *, struct text) = !reader   ? read_text
                                                      : is_binary ? reader->binary
                                                                  : reader->text;
    for (size_t row = 0; row < result->row_count; row++) {
        struct text text = { PQgetvalue(answer, (int)row, (int)column),
                             (size_t)PQgetlength(answer, (int)row, (int)column) };
        bool is_null = PQgetisnull(answer, (int)row, (int)column);
        result_row(result, row)[column] = is_null ? value_null() : read(arena, text);
    }
}

void result_read(const PGresult *answer, struct arena *arena, struct result *result)
{
    struct result read = { .row_count = (size_t)PQntuples(answer),
                           .column_count = (size_t)PQnfields(answer) };
    read.cells = arena_array(arena, struct value, read.row_count * read.column_count);
    for (size_t column = 0; column < read.column_count; column++)
        read_column(answer, column, arena, &read);
    /* libpq has no const here, and changes nothing. */
    PGresult *asked = (PGresult *)(uintptr_t)answer;
    if (!text_starts(text_from(PQcmdStatus(asked)), TEXT("SELECT"))
        && !text_to_integer(text_from(PQcmdTuples(asked)), &read.changed))
        read.changed = 0;
    *result = read;
}
