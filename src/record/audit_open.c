/* Reading audit records: sealed values are opened for whom the matrix lets read them. */
#include "crypto/seal.h"
#include "model/model.h"
#include "record/audit.h"
#include "record/reach.h"
#include "record/subject.h"
#include "record/visibility.h"
#include "json/json.h"
#include <string.h>

/* The plain JSON; "null" where the subject was erased. */
static struct text open_sealed(struct work *work, const struct json *sealed, struct text entity_type,
                               struct text column)
{
    const struct json *data = json_member(sealed, TEXT("sealed"));
    const struct json *subject = json_member(sealed, TEXT("subject"));
    struct text place = arena_format(work->arena, "audit:%.*s.%.*s", TEXT_ARG(entity_type), TEXT_ARG(column));
    struct key key;
    struct text plain = TEXT("null");
    if (!data || !subject || !subject_key(work, subject->text, &key)
        || !unseal_with(work->arena, key.bytes, data->text, place, &plain, &work->error)) {
        error_clear(&work->error);
        return TEXT("null");
    }
    return plain;
}

struct text audit_open(struct work *work, struct text values, struct text entity_type, enum role reader)
{
    const struct table *table = table_named(entity_type);
    struct json document;
    struct error error = {};
    struct buffer opened = { .arena = work->arena };
    buffer_add_byte(&opened, '{');
    if (!table || !table_may(table, READ, reader) || !actor_reaches(&work->actor, table, false)
        || !json_read(values, work->arena, &document, &error) || document.kind != JSON_OBJECT)
        return TEXT("{}");
    for (size_t i = 0; i < document.count; i++) {
        const struct json_member *member = &document.members[i];
        const struct column *column = column_named(table, member->name);
        if (!column || !column_visible(column, reader)) /* a column that is gone has nobody to show it to */
            continue;
        json_add_name(&opened, member->name);
        if ((column->is & PERSONAL) && member->value.kind == JSON_OBJECT)
            buffer_add(&opened, open_sealed(work, &member->value, entity_type, member->name));
        else
            json_add(&opened, &member->value);
    }
    buffer_add_byte(&opened, '}');
    return opened.text;
}

/* What is no sealed value (of somebody unknown) stays as it is. */
static void open_cell(struct work *work, const char *column, struct value *cell)
{
    struct json sealed, plain;
    struct error error = {};
    if (cell->kind != VALUE_TEXT || !text_starts(cell->text, TEXT("{"))
        || !json_read(cell->text, work->arena, &sealed, &error))
        return;
    struct text json = open_sealed(work, &sealed, TEXT("audit_logs"), text_from(column));
    bool is_text = json_read(json, work->arena, &plain, &error) && plain.kind == JSON_TEXT;
    *cell = is_text ? value_text(plain.text) : value_null();
}

void audit_open_row(struct work *work, struct value *cells, enum role reader)
{
    struct audit_log record;
    memcpy(record.cells, cells, sizeof record.cells);
    if (record.old_values.kind == VALUE_TEXT)
        record.old_values.text = audit_open(work, record.old_values.text, record.entity_type.text, reader);
    if (record.new_values.kind == VALUE_TEXT)
        record.new_values.text = audit_open(work, record.new_values.text, record.entity_type.text, reader);
    open_cell(work, "ip_address", &record.ip_address);
    open_cell(work, "user_agent", &record.user_agent);
    memcpy(cells, record.cells, sizeof record.cells);
}

static void show(struct work *work, struct value *row)
{
    audit_open_row(work, row, work->actor.role);
}

const struct service audit_services[] = { { .table = &audit_logs_table, .show = show }, {} };
