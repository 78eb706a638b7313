/* The members of a body: which of them there are, who may set them, and which must be there. */
#include "model/model.h"
#include "record/document_value.h"

/* Is there such a member for this writer? */
static bool is_known(const struct column *column, enum role writer)
{
    bool write_only = (column->is & WRITE_ONLY) && !(column->hidden_from & writer);
    return write_only || column_visible(column, writer);
}

/* Why column_settable says no. */
static enum error_code closed_because(const struct column *column, enum action action)
{
    if (column->is & (KEY | COMPUTED))
        return ERROR_not_settable;
    if (action == UPDATE && (column->is & WRITE_ONLY))
        return ERROR_not_settable;
    if (action == UPDATE && (column->is & FIXED))
        return ERROR_not_changeable;
    return ERROR_not_yours_to_set;
}

static bool read_member(struct document_reader *reader, const struct table *table,
                        const struct json_member *member, struct text pointer, struct value *cells)
{
    const struct column *column = column_named(table, member->name);
    struct text place = document_pointer(reader->arena, pointer, member->name);
    if (!column || !is_known(column, reader->writer))
        return document_fault(reader, place, ERROR_unknown_member, "");
    if (!column_settable(table, column, reader->action, reader->writer))
        return document_fault(reader, place, closed_because(column, reader->action), "");

    struct value *cell = &cells[column_index(table, column)];
    if (member->value.kind != JSON_NULL)
        return document_read_value(reader, column, &member->value, place, cell);
    *cell = value_null();
    return !(column->is & REQUIRED) || document_fault(reader, place, ERROR_required, "");
}

/* What is required, has no default and is this writer's to set; the rest a service fills in. Whose row it is
 * that a tenant's administrator makes is known. */
static bool is_missing(const struct document_reader *reader, const struct table *table,
                       const struct column *column)
{
    bool is_known =
        reader->writer == TENANT_ADMIN && table->tenant && column == column_at(table, table->tenant);
    return (column->is & REQUIRED) && !column->initially && !is_known
        && column_settable(table, column, reader->action, reader->writer);
}

bool document_read_members(struct document_reader *reader, const struct table *table, const struct json *json,
                           struct text pointer, struct value *cells)
{
    if (json->kind != JSON_OBJECT)
        return document_fault(reader, pointer, ERROR_wrong_type, "an object");
    bool good = true, creating = reader->action == CREATE || (table->is & SHAPE);
    for (size_t i = 0; i < json->count && reader->error->fault_count < FAULTS_MAX; i++)
        good = read_member(reader, table, &json->members[i], pointer, cells) && good;
    for (size_t i = 0; i < table->width && creating; i++) {
        const struct column *column = &table->columns[i];
        if (is_missing(reader, table, column) && !json_member(json, text_from(column->name)))
            good = document_fault(reader, document_pointer(reader->arena, pointer, text_from(column->name)),
                                  ERROR_required, "");
    }
    return good;
}

bool document_read(const struct table *table, const struct json *json, enum action action, enum role writer,
                   struct arena *arena, struct value *cells, struct error *error)
{
    struct document_reader reader = { arena, error, action, writer };
    struct value *read = record_new(arena, table);
    if (!document_read_members(&reader, table, json, TEXT(""), read))
        return false;
    for (size_t i = 0; i < table->width; i++)
        cells[i] = read[i];
    return true;
}
