/* Query strings: filters, sort, search, fields, and all faults in one answer. */
#include "base/buffer.h"
#include "desk.h"
#include "model/model.h"
#include "test.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

TEST(an_empty_query_has_its_defaults)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(desk_ask(&desk, &tenants_table, "", &query));
    CHECK(query.table == &tenants_table && query.limit == LIMIT_DEFAULT && !query.sort && !query.count
          && !query.after);
    CHECK(query.filter_count == 0 && query.search.length == 0);
    struct column_set visible = columns_visible(&tenants_table, SUPER_ADMIN);
    CHECK(memcmp(&query.columns, &visible, sizeof visible) == 0);
    CHECK(desk_ask(&desk, &tenants_table, "&&", &query));
}

TEST(every_parameter_is_read)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(desk_ask(&desk, &tenants_table,
                   "limit=100&sort=-created_at&count=true&q=Peña%20Ñandú&fields=id,slug", &query));
    CHECK(query.limit == 100 && query.descending && query.count);
    CHECK(query.sort == column_named(&tenants_table, TEXT("created_at")));
    CHECK(text_is(query.search, "pena nandu"));
    struct column_set fields = {};
    column_set_add(&fields, offsetof(struct tenant, id) / sizeof(struct value));
    column_set_add(&fields, offsetof(struct tenant, slug) / sizeof(struct value));
    CHECK(memcmp(&query.columns, &fields, sizeof fields) == 0);
}

TEST(filters_are_read_with_every_operator)
{
    static const struct {
        const char *text, *column;
        enum comparison comparison;
        struct value value;
    } cases[] = {
        { "slug=acme", "slug", COMPARISON_eq, { .kind = VALUE_TEXT, .text = TEXT_CONSTANT("acme") } },
        { "slug[eq]=acme", "slug", COMPARISON_eq, { .kind = VALUE_TEXT, .text = TEXT_CONSTANT("acme") } },
        { "name%5Bne%5D=A%26B+C",
          "name",
          COMPARISON_ne,
          { .kind = VALUE_TEXT, .text = TEXT_CONSTANT("A&B C") } },
        { "max_users[gt]=5", "max_users", COMPARISON_gt, { .kind = VALUE_INTEGER, .integer = 5 } },
        { "max_storage_gb[gte]=1.5",
          "max_storage_gb",
          COMPARISON_gte,
          { .kind = VALUE_INTEGER, .integer = 1500 } },
        { "created_at[lt]=1970-01-01T00:00:01Z",
          "created_at",
          COMPARISON_lt,
          { .kind = VALUE_TIME, .integer = 1000 } },
        { "plan_status[lte]=trial",
          "plan_status",
          COMPARISON_lte,
          { .kind = VALUE_TEXT, .text = TEXT_CONSTANT("trial") } },
        { "is_active=true", "is_active", COMPARISON_eq, { .kind = VALUE_BOOLEAN, .boolean = true } },
        { "notes[null]=false", "notes", COMPARISON_null, { .kind = VALUE_BOOLEAN } },
        { "billing_email=Ana@Example.com",
          "billing_email",
          COMPARISON_eq,
          { .kind = VALUE_TEXT, .text = TEXT_CONSTANT("ana@example.com") } },
    };
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct query query;
        bool read = desk_ask(&desk, &tenants_table, cases[i].text, &query);
        test_note("%s: %s", cases[i].text, faults_told(desk.work.arena, &desk.work.error));
        CHECK(read && query.filter_count == 1 && query.filters[0].value_count == 1);
        CHECK(strcmp(query.filters[0].column->name, cases[i].column) == 0);
        CHECK(query.filters[0].comparison == cases[i].comparison);
        CHECK(value_equal(query.filters[0].values[0], cases[i].value));
    }
}

TEST(a_list_of_values_has_its_limit)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(desk_ask(&desk, &tenants_table, "slug[in]=acme,other&max_users[in]=5%2C6", &query));
    CHECK(query.filters[0].value_count == 2 && text_is(query.filters[0].values[1].text, "other"));
    CHECK(query.filters[1].value_count == 2 && query.filters[1].values[1].integer == 6);

    struct buffer list = { .arena = desk.work.arena };
    buffer_add(&list, TEXT("max_users[in]=1"));
    for (int i = 1; i < IN_MAX; i++)
        buffer_add(&list, TEXT(",1"));
    CHECK(desk_ask(&desk, &tenants_table, list.data, &query) && query.filters[0].value_count == IN_MAX);
    buffer_add(&list, TEXT(",1"));
    CHECK(!desk_ask(&desk, &tenants_table, list.data, &query));
    CHECK(strcmp(faults_told(desk.work.arena, &desk.work.error), "max_users[in] too_many 100") == 0);
}

TEST(faults_name_their_parameters_all_at_once)
{
    static const struct {
        enum role role;
        const char *text, *told;
    } cases[] = {
        { SUPER_ADMIN, "limit=0", "limit malformed_value a whole number from 1 to 100" },
        { SUPER_ADMIN, "limit=101&count=yes",
          "limit malformed_value a whole number from 1 to 100; count malformed_value true or false" },
        { SUPER_ADMIN, "limit=", "limit malformed_value a whole number from 1 to 100" },
        { SUPER_ADMIN, "nothing=1&nothing[gt]=1", "nothing unknown_parameter; nothing[gt] unknown_column" },
        { SUPER_ADMIN, "slug[like]=x&slug[=x&slug[]=x&slug[gt=x&slug]=x",
          "slug[like] unknown_operator; slug[ unknown_operator; slug[] unknown_operator; slug[gt "
          "unknown_operator; slug] unknown_parameter" },
        { SUPER_ADMIN, "settings={}", "settings not_filterable" },
        { SUPER_ADMIN, "is_active=1&created_at=today&id=x&plan_status=none&max_users=many",
          "is_active malformed_value true or false; created_at malformed_value a time as RFC 3339 writes it; "
          "id malformed_value a UUID in lower case; plan_status malformed_value one of the choices; "
          "max_users malformed_value a whole number" },
        { SUPER_ADMIN, "notes[null]=maybe", "notes[null] malformed_value true or false" },
        { SUPER_ADMIN, "db_password_encrypted=x", "db_password_encrypted unknown_parameter" },
        { TENANT_ADMIN, "notes=x&sort=deleted_at&fields=id,db_name",
          "notes unknown_parameter; sort unknown_column; fields unknown_column" },
        { SUPER_ADMIN, "fields=", "fields malformed_value names of columns, separated by commas" },
        { SUPER_ADMIN, "limit=5&limit=5", "limit given_twice" },
        { SUPER_ADMIN, "slug=a-b&slug[eq]=c-d&slug[ne]=e-f", "slug[eq] given_twice" },
        { SUPER_ADMIN, "name=%zz&%=1", "name malformed; ? malformed" },
        { SUPER_ADMIN, "name=%ff", "name malformed" },
        { SUPER_ADMIN, "cursor=x", "cursor malformed_cursor" },
        { SUPER_ADMIN, "expand=slug", "expand not_expandable plan, database_host, cloned_from, created_by" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        [[gnu::cleanup(desk_end)]] struct desk desk;
        desk_begin(&desk, cases[i].role);
        struct query query = { .limit = 7 };
        bool read = desk_ask(&desk, &tenants_table, cases[i].text, &query);
        test_note("%s: %s", cases[i].text, faults_told(desk.work.arena, &desk.work.error));
        CHECK(!read && query.limit == 7);
        CHECK(desk.work.error.code == ERROR_invalid_query && error_kind(&desk.work.error) == KIND_UNREADABLE);
        CHECK(strcmp(faults_told(desk.work.arena, &desk.work.error), cases[i].told) == 0);
    }
}

TEST(only_indexed_columns_are_sorted_by)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(desk_ask(&desk, &plans_table, "sort=-sort_order", &query));
    CHECK(desk_ask(&desk, &plans_table, "sort=id", &query));
    CHECK(desk_ask(&desk, &plans_table, "sort=name", &query));
    CHECK(!desk_ask(&desk, &plans_table, "sort=description", &query));
    CHECK(strcmp(faults_told(desk.work.arena, &desk.work.error),
                 "sort not_sortable id, name, is_active, is_visible, sort_order, created_at")
          == 0);
}

TEST(only_searched_tables_are_searched)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(!desk_ask(&desk, &tenant_usage_daily_table, "q=x", &query));
    CHECK(strcmp(faults_told(desk.work.arena, &desk.work.error), "q unknown_parameter") == 0);
    struct buffer text = { .arena = desk.work.arena };
    buffer_add(&text, TEXT("q="));
    for (int i = 0; i < SEARCH_MAX; i++)
        buffer_add(&text, TEXT("ñ"));
    CHECK(desk_ask(&desk, &tenants_table, text.data, &query) && query.search.length == SEARCH_MAX);
    buffer_add(&text, TEXT("n"));
    CHECK(!desk_ask(&desk, &tenants_table, text.data, &query));
}

TEST(parameters_and_filters_have_limits)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    struct buffer text = { .arena = desk.work.arena };
    for (int i = 0; i <= QUERY_PARAMETERS_MAX; i++)
        buffer_add(&text, TEXT("&"));
    buffer_add(&text, TEXT("limit=1"));
    CHECK(!desk_ask(&desk, &tenants_table, text.data, &query));
    CHECK(strcmp(faults_told(desk.work.arena, &desk.work.error), "? too_many_parameters 40") == 0);

    static const char *const columns[] = { "max_users", "max_monthly_emails", "max_monthly_whatsapp" };
    struct buffer filters = { .arena = desk.work.arena };
    for (int i = 0; i < FILTERS_MAX + 1; i++)
        buffer_print(&filters, "&%s[%s]=1", columns[i / 6], comparison_names[i % 6]);
    CHECK(!desk_ask(&desk, &tenants_table, filters.data, &query));
    CHECK(strstr(faults_told(desk.work.arena, &desk.work.error), "too_many_parameters 16 filters"));
}

TEST(a_single_row_takes_fields_alone)
{
    [[gnu::cleanup(desk_end)]] struct desk desk;
    desk_begin(&desk, SUPER_ADMIN);
    struct query query;
    CHECK(query_read(&desk.work, &tenants_table, TEXT("fields=id"), true, &query));
    CHECK(!query_read(&desk.work, &tenants_table, TEXT("fields=id&limit=5&slug=acme&x=1"), true, &query));
    CHECK(strcmp(faults_told(desk.work.arena, &desk.work.error),
                 "limit unknown_parameter; slug unknown_parameter; x unknown_parameter")
          == 0);
}
