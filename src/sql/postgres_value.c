/* Values as PostgreSQL writes them. All travels as text: the server infers the type of what has none. */
#include "base/calendar.h"
#include "sql/postgres.h"
#include <stdio.h>
#include <string.h>

enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TIMESTAMPTZ = 1184 };

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

static const struct {
    Oid type;
    struct value (*read)(struct arena *arena, struct text text);
} readers[] = {
    { OID_BOOL, read_boolean }, { OID_INT8, read_integer },     { OID_INT4, read_integer },
    { OID_INT2, read_integer }, { OID_TIMESTAMPTZ, read_time },
};

static void read_column(const PGresult *answer, size_t column, struct arena *arena, struct result *result)
{
    struct value (*read)(struct arena *, struct text) = read_text;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i].type == PQftype(answer, (int)column))
            read = readers[i].read;
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
