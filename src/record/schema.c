#include "record/schema.h"
#include "record/document.h"
#include "record/expansion.h"
#include "json/json.h"

static void add_member(struct buffer *json, const char *name, const char *text)
{
    buffer_print(json, ",\"%s\":", name);
    json_add_text(json, text_from(text));
}

static bool is_nullable(const struct column *column)
{
    return !(column->is & (REQUIRED | KEY));
}

static void add_choices(struct buffer *json, const struct column *column)
{
    buffer_add(json, TEXT(",\"enum\":["));
    for (size_t i = 0; i < column->choices->count; i++) {
        if (i > 0)
            buffer_add_byte(json, ',');
        json_add_text(json, column->choices->texts[i]);
    }
    buffer_add(json, is_nullable(column) ? TEXT(",null]") : TEXT("]"));
}

static void add_bounds(struct buffer *json, const struct column *column, const struct type *type)
{
    int64_t min = column_min(column), max = column_max(column);
    if (column->type == TYPE_gigabytes) {
        buffer_print(json, ",\"minimum\":0,\"maximum\":%lld", (long long)(max / 1000));
    } else if (type->kind == VALUE_INTEGER) {
        buffer_print(json, ",\"minimum\":%lld,\"maximum\":%lld", (long long)min, (long long)max);
    } else if (column->type == TYPE_texts || column->type == TYPE_rows) {
        buffer_print(json, ",\"maxItems\":%lld,\"items\":", (long long)max);
        if (column->type == TYPE_rows)
            schema_add_table(json, column->shape, SCHEMA_READ);
        else
            buffer_print(json, "{\"type\":\"string\",\"maxLength\":%d," SCHEMA_ANY_TEXT "}", LIST_TEXT_MAX);
    } else if (text_is(text_from(type->json_type), "string") && !column->choices) {
        if (min > 0)
            buffer_print(json, ",\"minLength\":%lld", (long long)min);
        buffer_print(json, ",\"maxLength\":%lld", (long long)max);
    }
}

void schema_add_column(struct buffer *json, const struct column *column)
{
    const struct type *type = &types[column->type];
    if (!type->json_type)
        buffer_add(json, TEXT("{\"title\":\"any\""));
    else if (is_nullable(column))
        buffer_print(json, "{\"type\":[\"%s\",\"null\"]", type->json_type);
    else
        buffer_print(json, "{\"type\":\"%s\"", type->json_type);
    if (column->choices)
        add_choices(json, column);
    else if (type->json_type)
        add_bounds(json, column, type);
    if (type->json_format)
        add_member(json, "format", type->json_format);
    if (type->json_pattern)
        add_member(json, "pattern", type->json_pattern);
    if (column->doc)
        add_member(json, "description", column->doc);
    buffer_add_byte(json, '}');
}

static bool is_shown(const struct table *table, const struct column *column)
{
    return (column_is_stored(column) || (column->is & BESIDE)) && !(column->is & SECRET)
        && ((table->is & SHAPE) || !table->may[READ] || (table->may[READ] & ~column->hidden_from));
}

static bool is_settable(const struct table *table, const struct column *column, enum action action)
{
    if (table->is & SHAPE)
        return true;
    for (int i = 0; i < ROLE_COUNT; i++) {
        enum role role = (enum role)(1 << i);
        if ((table->may[action] & role) && column_settable(table, column, action, role))
            return true;
    }
    return false;
}

static bool is_member(const struct table *table, const struct column *column, enum schema_use use)
{
    return use == SCHEMA_READ ? is_shown(table, column)
                              : is_settable(table, column, use == SCHEMA_CREATE ? CREATE : UPDATE);
}

static bool is_required(const struct table *table, const struct column *column, enum schema_use use)
{
    if (use == SCHEMA_READ)
        return (table->is & SHAPE) && (column->is & REQUIRED);
    return use == SCHEMA_CREATE && (column->is & REQUIRED) && !column->initially;
}

static void add_required(struct buffer *json, const struct table *table, enum schema_use use)
{
    const char *before = ",\"required\":[";
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!is_member(table, column, use) || !is_required(table, column, use))
            continue;
        buffer_print(json, "%s\"%s\"", before, column->name);
        before = ",";
    }
    if (before[1] == '\0')
        buffer_add_byte(json, ']');
}

/* An id, or the row in its place. */
static void add_expandable(struct buffer *json, const struct column *column)
{
    buffer_add(json, TEXT("{\"oneOf\":["));
    schema_add_column(json, column);
    buffer_print(json, ",{\"$ref\":\"#/components/schemas/%s\"}]}", column->references->row_name);
}

void schema_add_table(struct buffer *json, const struct table *table, enum schema_use use)
{
    buffer_add(json, TEXT("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"));
    const char *before = "";
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!is_member(table, column, use))
            continue;
        buffer_print(json, "%s\"%s\":", before, column->name);
        if (use == SCHEMA_READ && expansion_possible(column, SUPER_ADMIN))
            add_expandable(json, column);
        else
            schema_add_column(json, column);
        before = ",";
    }
    buffer_add_byte(json, '}');
    add_required(json, table, use);
    if (table->doc)
        add_member(json, "description", table->doc);
    buffer_add_byte(json, '}');
}
