/* Cursors: where the next page begins, for its own list alone. */
#include "base/buffer.h"
#include "desk.h"
#include "model/model.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct value *a_tenant(struct arena *arena)
{
    struct tenant *tenant = arena_new(arena, struct tenant);
    tenant->id = value_string("0190a2b4-0000-7000-8000-00000000abcd");
    tenant->name = value_string("Peña \"Ñ\" </x>");
    tenant->created_at = value_time(INT64_C(1769847300123));
    tenant->trial_ends_at = value_null();
    tenant->is_active = value_boolean(true);
    tenant->slug = value_string("acme");
    return tenant->cells;
}

/* The list's next page begins behind its last row. */
TEST(a_cursor_leads_back_to_its_row)
{
    static const char *const lists[] = { "",
                                         "sort=name",
                                         "sort=-created_at",
                                         "sort=trial_ends_at",
                                         "sort=is_active",
                                         "sort=id",
                                         "sort=-slug&slug[in]=acme,other&q=pe%C3%B1a&limit=5" };
    for (size_t i = 0; i < COUNT(lists); i++) {
        [[gnu::cleanup(desk_end)]] struct desk desk;
        desk_begin(&desk, SUPER_ADMIN);
        struct query query, next;
        test_note("%s", lists[i]);
        CHECK(desk_ask(&desk, &tenants_table, lists[i], &query));
        const struct value *row = a_tenant(desk.work.arena);
        struct text cursor = query_cursor(&desk.work, &query, row);
        const char *text = arena_format(desk.work.arena, "%s&cursor=%.*s", lists[i], TEXT_ARG(cursor)).data;
        CHECK(desk_ask(&desk, &tenants_table, text, &next) && next.after);
        CHECK(text_is(next.cursor_id, "0190a2b4-0000-7000-8000-00000000abcd"));
        CHECK(value_equal(next.cursor_value,
                          query.sort ? row[query.sort - tenants_table.columns] : value_null()));
    }
}

TEST(a_cursor_opens_no_other_list)
{
    static const char *const others[] = { "sort=name",
                                          "sort=-created_at&slug=acme",
                                          "sort=-created_at&slug[ne]=other",
                                          "sort=created_at&slug=other",
                                          "sort=-created_at",
                                          "sort=-created_at&slug=other&q=x",
                                          "sort=-created_at&slug=other&count=maybe" };
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(desk_ask(&desk, &tenants_table, "sort=-created_at&slug=other", &query));
    struct text cursor = query_cursor(&desk.work, &query, a_tenant(desk.work.arena));
    for (size_t i = 0; i < COUNT(others); i++) {
        test_note("%s", others[i]);
        CHECK(!desk_ask(&desk, &tenants_table,
                        arena_format(desk.work.arena, "%s&cursor=%.*s", others[i], TEXT_ARG(cursor)).data,
                        &query));
    }
    CHECK(!desk_ask(&desk, &plans_table,
                    arena_format(desk.work.arena, "sort=-created_at&cursor=%.*s", TEXT_ARG(cursor)).data,
                    &query));
    /* What only shapes the answer is not bound. */
    const char *same =
        arena_format(desk.work.arena, "sort=-created_at&slug=other&limit=7&count=true&fields=id&cursor=%.*s",
                     TEXT_ARG(cursor))
            .data;
    CHECK(desk_ask(&desk, &tenants_table, same, &query));
}

TEST(a_cursor_is_not_forged)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(desk_ask(&desk, &tenants_table, "", &query));
    struct text cursor = query_cursor(&desk.work, &query, a_tenant(desk.work.arena));
    for (size_t i = 0; i < cursor.length; i++) {
        char *forged = (char *)arena_copy(desk.work.arena, cursor).data;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        CHECK(!desk_ask(&desk, &tenants_table, arena_format(desk.work.arena, "cursor=%s", forged).data,
                        &query));
    }
    const char *whole = arena_format(desk.work.arena, "cursor=%.*s", TEXT_ARG(cursor)).data;
    CHECK(desk_ask(&desk, &tenants_table, whole, &query));
    desk_use_ring(&desk, DESK_ROTATED);
    CHECK(desk_ask(&desk, &tenants_table, whole, &query));
    desk_use_ring(&desk, DESK_OTHER);
    CHECK(!desk_ask(&desk, &tenants_table, whole, &query));
}

TEST(the_longest_value_fits_into_a_cursor)
{
    enum { LONGEST = 253 };
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct buffer longest = { .arena = desk.work.arena };
    for (int i = 0; i < LONGEST; i++)
        buffer_add(&longest, TEXT("\u2028")); /* six bytes each, escaped */
    struct value *row = a_tenant(desk.work.arena);
    row[offsetof(struct tenant, name) / sizeof *row] = value_text(longest.text);
    struct query query;
    CHECK(desk_ask(&desk, &tenants_table, "sort=name", &query));
    struct text cursor = query_cursor(&desk.work, &query, row);
    CHECK(desk_ask(&desk, &tenants_table,
                   arena_format(desk.work.arena, "sort=name&cursor=%.*s", TEXT_ARG(cursor)).data, &query));

    for (const struct table *const *table = all_tables; *table; table++)
        for (size_t i = 0; i < (*table)->width; i++) {
            const struct column *column = &(*table)->columns[i];
            test_note("%s.%s", (*table)->name, column->name);
            CHECK(!(column->is & INDEXED) || column->type != TYPE_text || column_max(column) <= LONGEST);
        }
}
