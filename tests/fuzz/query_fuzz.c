/*
 * A list's query string as a stranger sends it. The first byte chooses the table and the reader. What is read
 * keeps the contract of record/query.h; what is not says why, in UTF-8; and a cursor of the list leads back
 * to its row.
 */
#include "model/model.h"
#include "record/document.h"
#include "record/query.h"
#include "record/site.h"
#include "ring.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refused(const struct error *error)
{
    assert(error->code == ERROR_invalid_query && error->fault_count > 0 && error->fault_count <= FAULTS_MAX);
    for (size_t i = 0; i < error->fault_count; i++) {
        assert(text_is_utf8(text_from(error->faults[i].pointer))
               && text_is_utf8(text_from(error->faults[i].about)));
        assert(error_words[error->faults[i].code].kind != KIND_INTERNAL);
    }
}

static void check_read(const struct query *query, enum role role)
{
    assert(query->limit >= 1 && query->limit <= LIMIT_MAX && query->filter_count <= FILTERS_MAX);
    assert(text_is_utf8(query->search) && (!query->sort || column_visible(query->sort, role)));
    for (size_t i = 0; i < query->filter_count; i++) {
        const struct filter *filter = &query->filters[i];
        assert(column_visible(filter->column, role) && !column_is_json(filter->column));
        assert(filter->value_count >= 1 && filter->value_count <= IN_MAX);
        enum value_kind kind =
            filter->comparison == COMPARISON_null ? VALUE_BOOLEAN : types[filter->column->type].kind;
        for (size_t j = 0; j < filter->value_count; j++)
            assert(filter->values[j].kind == kind);
    }
    struct column_set visible = columns_visible(query->table, role);
    for (size_t i = 0; i < query->table->width; i++)
        assert(!column_set_has(&query->columns, i) || column_set_has(&visible, i));
}

static void check_cursor(struct work *work, const struct query *query, struct text text)
{
    struct value *row = record_new(work->arena, query->table);
    for (size_t i = 0; i < query->table->width; i++)
        row[i] = query->table->columns[i].is & KEY ? value_string("0190a2b4-0000-7000-8000-00000000abcd")
                                                   : value_null();
    struct text cursor = query_cursor(work, query, row);
    struct query next;
    struct buffer again = { .arena = work->arena };
    buffer_add(&again, text);
    buffer_print(&again, "&cursor=%.*s", TEXT_ARG(cursor));
    if (query_read(work, query->table, again.text, false, &next))
        assert(next.after && text_is(next.cursor_id, "0190a2b4-0000-7000-8000-00000000abcd"));
    else /* one parameter too many, or a second cursor */
        check_refused(&work->error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct table *const tables[] = { &tenants_table, &users_table, &plans_table,
                                                  &audit_logs_table };
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct site site = { .keyring = ring() };
    enum role role = (enum role)(1 << (data[0] >> 2) % ROLE_COUNT);
    const struct table *table = tables[data[0] % 4];
    struct text text = { (const char *)data + 1, size - 1 };
    struct work work = { .arena = arena, .site = &site, .actor = { .role = role } };
    struct query query;
    bool single = data[0] & 128;
    if (!query_read(&work, table, text, single, &query)) {
        check_refused(&work.error);
        return 0;
    }
    check_read(&query, role);
    if (!single)
        check_cursor(&work, &query, text);
    return 0;
}
