#include "record/row.h"
#include "json/json.h"

static bool same_document(struct arena *arena, struct text a, struct text b)
{
    struct json a_json, b_json;
    struct error error = {};
    return json_read(a, arena, &a_json, &error) && json_read(b, arena, &b_json, &error)
        && json_equal(&a_json, &b_json);
}

bool row_same(struct arena *arena, const struct column *column, struct value a, struct value b)
{
    if (value_equal(a, b))
        return true;
    return column_is_json(column) && a.kind == VALUE_TEXT && b.kind == VALUE_TEXT
        && same_document(arena, a.text, b.text);
}

struct value row_tenant(const struct table *table, const struct value *row)
{
    return table->tenant ? row[table->tenant - 1] : (struct value){ .kind = VALUE_ABSENT };
}

struct text row_subject(const struct table *table, const struct value *row)
{
    struct value subject = table->subject ? row[table->subject - 1] : value_null();
    if (!value_is_set(subject))
        subject = row_tenant(table, row);
    return value_is_set(subject) ? subject.text : TEXT("");
}
