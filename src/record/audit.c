#include "record/audit.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "model/model.h"
#include "record/document.h"
#include "record/reach.h"
#include "record/row.h"
#include "record/sql_text.h"
#include "record/subject.h"
#include "json/json.h"
#include <assert.h>

/* Seals values under one subject's key, which is asked for once. */
struct sealer {
    struct work *work;
    struct text subject_id; /* empty: nobody's, and nothing can be sealed */
    struct key key;
    bool asked, has_key;
};

/* False where the key could not be asked for; a destroyed key is not a failure. */
static bool sealer_ask(struct sealer *sealer)
{
    if (sealer->asked)
        return true;
    sealer->asked = true;
    if (sealer->subject_id.length == 0)
        return true;
    sealer->has_key = subject_key(sealer->work, sealer->subject_id, &sealer->key);
    if (!sealer->has_key && sealer->work->error.code != ERROR_not_found)
        return false;
    error_clear(&sealer->work->error);
    return true;
}

/* A sealed value opens only as what it was: nobody can move a name to where an address is shown. */
static struct text place_of(struct arena *arena, struct text table, const char *column)
{
    return arena_format(arena, "audit:%.*s.%s", TEXT_ARG(table), column);
}

/* {"sealed": "…", "subject": "…"}; null where it is nobody's or its subject was erased. */
static bool add_sealed(struct sealer *sealer, struct buffer *json, struct text plain, struct text place)
{
    if (!sealer_ask(sealer))
        return false;
    if (!sealer->has_key) {
        buffer_add(json, TEXT("null"));
        return true;
    }
    buffer_add_byte(json, '{');
    json_add_name(json, TEXT("sealed"));
    json_add_text(json, seal_with(sealer->work->arena, sealer->key.bytes, plain, place));
    json_add_name(json, TEXT("subject"));
    json_add_text(json, sealer->subject_id);
    buffer_add_byte(json, '}');
    return true;
}

static bool add_value(struct sealer *sealer, struct buffer *json, const struct table *table, size_t i,
                      struct value value)
{
    const struct column *column = &table->columns[i];
    json_add_name(json, text_from(column->name));
    if (!(column->is & PERSONAL) || value.kind == VALUE_NULL) {
        document_write_value(json, column, value);
        return true;
    }
    struct buffer plain = { .arena = json->arena };
    document_write_value(&plain, column, value);
    return add_sealed(sealer, json, plain.text, place_of(json->arena, text_from(table->name), column->name));
}

/* The columns of the set as a JSON object; NULL for a row that is not there. */
static bool write_values(struct work *work, const struct table *table, const struct value *row,
                         const struct column_set *columns, struct value *values)
{
    *values = value_null();
    if (!row)
        return true;
    struct sealer sealer = { .work = work, .subject_id = row_subject(table, row) };
    struct buffer json = { .arena = work->arena };
    buffer_add_byte(&json, '{');
    for (size_t i = 0; i < table->width; i++)
        if (column_set_has(columns, i) && !add_value(&sealer, &json, table, i, row[i]))
            return false;
    buffer_add_byte(&json, '}');
    *values = value_text(json.text);
    return true;
}

/* What a record tells: of a change what differs, of a new or removed row what it holds. */
static struct column_set told_columns(struct work *work, const struct table *table,
                                      const struct value *before, const struct value *after)
{
    struct column_set told = {};
    const struct value *row = after ? after : before;
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!column_is_stored(column) || (column->is & SECRET))
            continue;
        bool tells = before && after
                       ? !(column->is & COUNTED) && !row_same(work->arena, column, before[i], after[i])
                       : value_is_set(row[i]);
        if (tells)
            column_set_add(&told, i);
    }
    return told;
}

/* An address or a user agent: personal to whoever acts, and sealed where that is known. */
static bool add_origin(struct sealer *sealer, const char *column, struct text plain, struct value *cell)
{
    *cell = value_text_or_null(plain);
    if (plain.length == 0 || sealer->subject_id.length == 0)
        return true;
    struct buffer json = { .arena = sealer->work->arena }, text = { .arena = sealer->work->arena };
    json_add_text(&text, plain);
    if (!add_sealed(sealer, &json, text.text, place_of(json.arena, TEXT("audit_logs"), column)))
        return false;
    *cell = value_text(json.text);
    return true;
}

static bool add_record(struct work *work, struct audit_log *record)
{
    const struct actor *actor = &work->actor;
    record->id = value_text(random_uuid(work->arena, work->now));
    record->actor_role = value_text(actor_role_name(actor));
    record->api_key_id = value_text_or_null(actor->api_key_id);
    if (actor_is_impersonated(actor))
        record->impersonator_id = value_text(actor->sponsor_id);
    record->session_id = value_text_or_null(actor->session_id);
    record->request_id = value_text_or_null(work->origin.request_id);
    record->created_at = value_time(work->now);
    record->revision = value_integer(1);
    if (!value_is_set(record->metadata))
        record->metadata = value_string("{}");

    /* Whose address it is: who acts in another's name has his own. */
    struct value sender = value_is_set(record->impersonator_id) ? record->impersonator_id : record->user_id;
    struct text subject = value_is_set(sender) ? sender.text : TEXT("");
    struct sealer sealer = { .work = work, .subject_id = subject };
    return add_origin(&sealer, "ip_address", work->origin.address, &record->ip_address)
        && add_origin(&sealer, "user_agent", work->origin.user_agent, &record->user_agent)
        && sql_insert_later(work, &audit_logs_table, record->cells);
}

bool audit_change(struct work *work, const struct table *table, const struct value *before,
                  const struct value *after)
{
    assert(before || after);
    const struct value *row = after ? after : before;
    struct column_set told = told_columns(work, table, before, after);
    struct audit_log record = {
        .tenant_id = row_tenant(table, row),
        .user_id = value_text_or_null(work->actor.user_id),
        .action = value_string(!before ? "create"
                               : after ? "update"
                                       : "delete"),
        .entity_type = value_string(table->name),
        .entity_id = row[0],
        .outcome = value_string("success"),
    };
    return write_values(work, table, before, &told, &record.old_values)
        && write_values(work, table, after, &told, &record.new_values) && add_record(work, &record);
}

bool audit_event(struct work *work, const struct audit_entry *entry)
{
    struct text user_id = entry->user_id.length > 0 ? entry->user_id : work->actor.user_id;
    struct audit_log record = {
        .tenant_id = value_text_or_null(entry->tenant_id),
        .user_id = value_text_or_null(user_id),
        .action = value_string(entry->action),
        .entity_type = value_string(entry->entity_type),
        .entity_id = value_text_or_null(entry->entity_id),
        .outcome = value_string(entry->outcome),
        .metadata = value_text_or_null(entry->metadata),
    };
    return add_record(work, &record);
}
