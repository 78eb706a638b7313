/*
 * A cursor: base64url of a MAC and of ["value","id"], the last row's value of the sorted column and its id.
 * The MAC covers the list too (table, sort, filters, search), so that a cursor opens no other list than its
 * own.
 */
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "record/query_reader.h"
#include "record/site.h"
#include "json/json.h"

enum { CURSOR_MAC_SIZE = MAC_SIZE_MIN };

static void add_value(struct buffer *json, struct value value)
{
    switch (value.kind) {
    case VALUE_ABSENT:
    case VALUE_NULL: buffer_add(json, TEXT("null")); break;
    case VALUE_BOOLEAN: buffer_add(json, value.boolean ? TEXT("true") : TEXT("false")); break;
    case VALUE_INTEGER:
    case VALUE_TIME: buffer_add_integer(json, value.integer); break;
    case VALUE_TEXT: json_add_text(json, value.text); break;
    }
}

static bool read_value(const struct json *json, enum value_kind kind, struct value *value)
{
    *value = (struct value){ .kind = json->kind == JSON_NULL ? VALUE_NULL : kind };
    switch (value->kind) {
    case VALUE_NULL: return true;
    case VALUE_BOOLEAN: value->boolean = json->boolean; return json->kind == JSON_BOOLEAN;
    case VALUE_INTEGER:
    case VALUE_TIME: return json_integer(json, &value->integer);
    case VALUE_TEXT: value->text = json->text; return json->kind == JSON_TEXT;
    case VALUE_ABSENT: break;
    }
    return false;
}

/* What makes two lists the same: JSON, so that no two are written alike. */
static void add_list(struct buffer *json, const struct query *query)
{
    buffer_print(json, "cursor[\"%s\",\"%s%s\",", query->table->name, query->descending ? "-" : "",
                 query->sort ? query->sort->name : "");
    json_add_text(json, query->search);
    for (size_t i = 0; i < query->filter_count; i++) {
        const struct filter *filter = &query->filters[i];
        buffer_print(json, ",[\"%s\",\"%s\"", filter->column->name, comparison_names[filter->comparison]);
        for (size_t j = 0; j < filter->value_count; j++) {
            buffer_add_byte(json, ',');
            add_value(json, filter->values[j]);
        }
        buffer_add_byte(json, ']');
    }
    buffer_add_byte(json, ']');
}

static struct text covered_by_mac(struct arena *arena, const struct query *query, struct text place)
{
    struct buffer covered = { .arena = arena };
    add_list(&covered, query);
    buffer_add(&covered, place);
    return covered.text;
}

struct text query_cursor(struct work *work, const struct query *query, const struct value *last_row)
{
    const struct table *table = query->table;
    struct buffer place = { .arena = work->arena }, cursor = { .arena = work->arena };
    size_t key_index = 0;
    while (key_index < table->width && !(table->columns[key_index].is & KEY))
        key_index++;

    buffer_add_byte(&place, '[');
    add_value(&place, query->sort ? last_row[query->sort - table->columns] : value_null());
    buffer_add_byte(&place, ',');
    add_value(&place, last_row[key_index]);
    buffer_add_byte(&place, ']');
    struct text mac =
        mac_make(work->arena, work->site->keyring, covered_by_mac(work->arena, query, place.text));
    buffer_add(&cursor, text_slice(mac, 0, CURSOR_MAC_SIZE));
    buffer_add(&cursor, place.text);
    return base64url_encode(work->arena, cursor.text);
}

static bool is_ours(struct work *work, const struct query *query, struct text mac, struct text place)
{
    struct text covered = covered_by_mac(work->arena, query, place);
    return mac_matches(work->arena, work->site->keyring, covered, mac);
}

bool query_read_cursor(struct query_reader *reader)
{
    struct query *query = reader->query;
    struct arena *arena = reader->work->arena;
    enum value_kind kind = query->sort ? types[query->sort->type].kind : VALUE_NULL;
    struct error ignored = {};
    struct text cursor;
    struct json place;
    bool good = reader->cursor.length <= CURSOR_MAX && base64url_decode(arena, reader->cursor, &cursor)
             && cursor.length > CURSOR_MAC_SIZE
             && is_ours(reader->work, query, text_slice(cursor, 0, CURSOR_MAC_SIZE),
                        text_slice(cursor, CURSOR_MAC_SIZE, cursor.length))
             && json_read(text_slice(cursor, CURSOR_MAC_SIZE, cursor.length), arena, &place, &ignored)
             && place.kind == JSON_ARRAY && place.count == 2 && place.items[1].kind == JSON_TEXT
             && read_value(&place.items[0], kind, &query->cursor_value);
    if (!good)
        return query_fault(reader, TEXT("cursor"), ERROR_malformed_cursor, "");
    query->cursor_id = place.items[1].text;
    query->after = true;
    return true;
}
