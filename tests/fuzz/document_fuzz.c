/*
 * A body as a stranger sends it, read as a row. The first byte chooses the table, the action and the role.
 * What is read is the writer's to set, of its column's kind, and the same once it is written and read again;
 * what is not says why, in UTF-8.
 */
#include "model/model.h"
#include "record/document.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    const struct table *table;
    enum action action;
    enum role role;
    struct arena *arena;
};

static void check_refused(const struct error *error)
{
    assert(error->code == ERROR_invalid_body && error->fault_count > 0 && error->fault_count <= FAULTS_MAX);
    for (size_t i = 0; i < error->fault_count; i++) {
        assert(text_is_utf8(text_from(error->faults[i].pointer))
               && text_is_utf8(text_from(error->faults[i].about)));
        assert(error_words[error->faults[i].code].kind != KIND_INTERNAL);
    }
}

static void check_read(const struct reading *reading, const struct value *cells)
{
    for (size_t i = 0; i < reading->table->width; i++) {
        const struct column *column = &reading->table->columns[i];
        if (cells[i].kind == VALUE_ABSENT)
            continue;
        assert(column_settable(reading->table, column, reading->action, reading->role));
        assert(cells[i].kind != VALUE_NULL || !(column->is & REQUIRED));
        assert(cells[i].kind == VALUE_NULL || cells[i].kind == types[column->type].kind);
        assert(cells[i].kind != VALUE_TEXT || text_is_utf8(cells[i].text));
    }
}

static bool read_row(const struct reading *reading, struct text body, struct value *cells,
                     struct error *error)
{
    struct json json;
    return json_read(body, reading->arena, &json, error)
        && document_read(reading->table, &json, reading->action, reading->role, reading->arena, cells, error);
}

/* The members that were given, and no others. */
static struct text write_row(const struct reading *reading, const struct value *cells)
{
    struct buffer written = { .arena = reading->arena };
    buffer_add_byte(&written, '{');
    for (size_t i = 0; i < reading->table->width; i++) {
        const struct column *column = &reading->table->columns[i];
        if (cells[i].kind == VALUE_ABSENT)
            continue;
        json_add_member(&written, column->name);
        document_write_value(&written, column, cells[i]);
    }
    buffer_add_byte(&written, '}');
    return written.text;
}

static void check_again(const struct reading *reading, const struct value *cells)
{
    struct value *again = record_new(reading->arena, reading->table);
    struct error error = {};
    bool read = read_row(reading, write_row(reading, cells), again, &error);
    assert(read);
    for (size_t i = 0; i < reading->table->width; i++)
        assert(value_equal(cells[i], again[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct table *const tables[] = {
        &tenants_table,       &users_table,    &plans_table,    &system_settings_table,
        &feature_flags_table, &api_keys_table, &invoices_table, &identity_providers_table,
    };
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    const struct reading reading = { tables[data[0] % 8], data[0] & 8 ? UPDATE : CREATE,
                                     (enum role)(1 << (data[0] >> 4) % ROLE_COUNT), arena };
    struct value *cells = record_new(arena, reading.table);
    struct error error = {};
    if (read_row(&reading, (struct text){ (const char *)data + 1, size - 1 }, cells, &error)) {
        check_read(&reading, cells);
        check_again(&reading, cells);
    } else if (error.code != ERROR_malformed_json) {
        check_refused(&error);
    }
    return 0;
}
