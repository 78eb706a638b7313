/* Lists: pages that stay true while rows come and go, filters, search. */
#include "record/search.h"
#include "world.h"
#include <stdlib.h>
#include <string.h>

enum { PEOPLE_MAX = 200 };

/* What the test knows of the rows that it made. */
struct people {
    struct user list[PEOPLE_MAX];
    bool removed[PEOPLE_MAX];
    int seen[PEOPLE_MAX];
    int count;
};

static const struct column *last_login_at(void)
{
    return column_named(&users_table, TEXT("last_login_at"));
}

/* A third of the times is NULL, and many of the others are alike. */
static struct value any_time(void)
{
    uint64_t any = test_random_below(9);
    return any < 3 ? value_null() : value_time(WORLD_BEGIN_MS + (int64_t)any);
}

static bool add_people(struct work *work, void *data)
{
    struct people *people = data;
    for (int wanted = people->count == 0 ? 40 : 1; wanted > 0; wanted--) {
        struct user *user = &people->list[people->count];
        *user = (struct user){
            .email = value_text(arena_format(work->arena, "u%d@nidia.test", people->count)),
            .system_role = choice_value(system_role, support),
            .last_login_at = any_time(),
        };
        if (!store_create(work, &users_table, user->cells))
            return false;
        people->count++;
    }
    return true;
}

static void remove_somebody(struct world *world, struct people *people)
{
    int i = (int)test_random_below((uint64_t)people->count);
    if (people->removed[i])
        return;
    CHECK(world_try_remove(&world->work, &users_table, people->list[i].cells));
    people->removed[i] = true;
}

static int position_of(const struct people *people, struct value id)
{
    int i = 0;
    while (i < people->count && !value_equal(people->list[i].id, id))
        i++;
    return i;
}

/* As a cursor does: what is behind the page's last row is asked for. */
static void go_on(struct query *query, const struct page *page)
{
    const struct value *last = page_row(page, query->table, page->count - 1);
    query->after = true;
    query->cursor_id = last[0].text;
    query->cursor_value = query->sort ? last[column_index(query->table, query->sort)] : value_null();
}

static int compare_values(struct value a, struct value b)
{
    if (a.kind == VALUE_NULL || b.kind == VALUE_NULL)
        return (b.kind == VALUE_NULL) - (a.kind == VALUE_NULL);
    return (a.integer > b.integer) - (a.integer < b.integer);
}

/* NULLs are the smallest; equals go by id. */
static int compare_users(const struct user *a, const struct user *b, bool by_id)
{
    int order = by_id ? 0 : compare_values(a->last_login_at, b->last_login_at);
    return order ? order : text_compare(a->id.text, b->id.text);
}

static void walk(struct world *world, struct people *people, struct query query, bool disturbed)
{
    struct user previous = {};
    bool more = true;
    memset(people->seen, 0, sizeof people->seen);
    while (more) {
        struct page page;
        query.limit = 1 + (int)test_random_below(5);
        CHECK(store_list(&world->work, &query, &page));
        for (size_t i = 0; i < page.count; i++) {
            struct user user;
            memcpy(user.cells, page_row(&page, &users_table, i), sizeof user.cells);
            int order = previous.id.kind == VALUE_TEXT ? compare_users(&previous, &user, !query.sort) : 0;
            CHECK(previous.id.kind != VALUE_TEXT || (query.descending ? order > 0 : order < 0));
            int at = position_of(people, user.id);
            CHECK(at < people->count && ++people->seen[at] == 1);
            previous = user;
        }
        more = page.next_cursor.length > 0;
        if (more)
            go_on(&query, &page);
        if (disturbed && people->count < PEOPLE_MAX) {
            remove_somebody(world, people);
            CHECK(db_transact(&world->work, add_people, people));
        }
    }
}

static void check_walks(struct world *world, bool disturbed)
{
    struct people *people = calloc(1, sizeof *people);
    CHECK(db_transact(&world->work, add_people, people));
    for (int way = 0; way < 4; way++) {
        struct query query = { .table = &users_table, .descending = way & 1 };
        query.sort = way & 2 ? last_login_at() : NULL;
        int count = people->count;
        bool was_removed[PEOPLE_MAX];
        memcpy(was_removed, people->removed, sizeof was_removed);
        walk(world, people, query, disturbed);
        for (int i = 0; i < count; i++) /* those that were there all the time */
            CHECK(people->removed[i] || people->seen[i] == 1);
        for (int i = 0; i < count; i++)
            CHECK(!was_removed[i] || people->seen[i] == 0);
    }
    free(people);
}

TEST_IN_WORLD(pages_hold_every_row_once_and_in_order)
{
    check_walks(world, false);
}

TEST_IN_WORLD(pages_hold_every_surviving_row_once_while_others_come_and_go)
{
    check_walks(world, true);
}

TEST_IN_WORLD(a_walk_within_a_filter_stays_within_it)
{
    struct people *people = calloc(1, sizeof *people);
    CHECK(db_transact(&world->work, add_people, people));
    struct value since = value_time(WORLD_BEGIN_MS + 5);
    struct query query = { .table = &users_table,
                           .sort = last_login_at(),
                           .filters = { { last_login_at(), COMPARISON_gte, &since, 1 } },
                           .filter_count = 1 };
    walk(world, people, query, false);
    for (int i = 0; i < people->count; i++) {
        struct value time = people->list[i].last_login_at;
        CHECK(people->seen[i] == (time.kind == VALUE_TIME && time.integer >= since.integer));
    }
    free(people);
}

TEST_IN_WORLD(a_full_last_page_has_no_next)
{
    struct people *people = calloc(1, sizeof *people);
    CHECK(db_transact(&world->work, add_people, people));
    struct query query = { .table = &users_table, .limit = people->count, .count = true };
    struct page page;
    CHECK(store_list(&world->work, &query, &page));
    CHECK(page.count == (size_t)people->count && page.next_cursor.length == 0 && page.total == people->count);
    query.limit--;
    CHECK(store_list(&world->work, &query, &page));
    CHECK(page.count == (size_t)people->count - 1 && page.next_cursor.length > 0);
    free(people);
}

/* How many users a filter on a column lets through. */
static int64_t count_where(struct world *world, const char *column, enum comparison comparison,
                           const struct value *values, size_t value_count)
{
    struct query query = { .table = &users_table, .limit = 1, .count = true, .filter_count = 1 };
    query.filters[0] =
        (struct filter){ column_named(&users_table, text_from(column)), comparison, values, value_count };
    struct page page = { .total = -1 };
    CHECK(store_list(&world->work, &query, &page));
    return page.total;
}

TEST_IN_WORLD(each_operator_means_what_it_says)
{
    static const char *const phones[] = { "1", "2", "2", "3", NULL };
    for (int i = 0; i < 5; i++) {
        struct user user = { .email = value_text(arena_format(world->work.arena, "u%d@nidia.test", i)),
                             .system_role = choice_value(system_role, support),
                             .phone = phones[i] ? value_string(phones[i]) : value_null() };
        world_create(world, &users_table, user.cells);
    }
    const struct value two = value_string("2"), some[] = { value_string("1"), value_string("3") };
    const struct value yes = value_boolean(true), no = value_boolean(false);
    CHECK(count_where(world, "phone", COMPARISON_eq, &two, 1) == 2);
    CHECK(count_where(world, "phone", COMPARISON_ne, &two, 1) == 3); /* who has none has no 2 either */
    CHECK(count_where(world, "phone", COMPARISON_gt, &two, 1) == 1);
    CHECK(count_where(world, "phone", COMPARISON_gte, &two, 1) == 3);
    CHECK(count_where(world, "phone", COMPARISON_lt, &two, 1) == 1);
    CHECK(count_where(world, "phone", COMPARISON_lte, &two, 1) == 3);
    CHECK(count_where(world, "phone", COMPARISON_in, some, 2) == 2);
    CHECK(count_where(world, "phone", COMPARISON_null, &yes, 1) == 1);
    CHECK(count_where(world, "phone", COMPARISON_null, &no, 1) == 4);
    CHECK(count_where(world, "is_active", COMPARISON_eq, &yes, 1) == 5);
    CHECK(count_where(world, "is_active", COMPARISON_eq, &no, 1) == 0);
    CHECK(count_where(world, "created_at", COMPARISON_lte,
                      &(struct value){ VALUE_TIME, .integer = world->work.now }, 1)
          == 5);
}

TEST_IN_WORLD(more_values_than_an_engine_takes_are_refused)
{
    struct value ids[IN_MAX];
    for (int i = 0; i < IN_MAX; i++)
        ids[i] = value_text(arena_format(world->work.arena, "01890a5d-ac96-774b-bcce-b302099a8%03d", i));
    const struct column *id = column_named(&users_table, TEXT("id"));
    struct query query = { .table = &users_table,
                           .limit = 1,
                           .filters = { { id, COMPARISON_in, ids, IN_MAX },
                                        { id, COMPARISON_in, ids, IN_MAX } },
                           .filter_count = 1 };
    struct page page;
    CHECK(store_list(&world->work, &query, &page));
    query.filter_count = 2;
    CHECK(!store_list(&world->work, &query, &page));
    CHECK(world->work.error.code == ERROR_too_many_parameters);
}

static size_t found_by(struct world *world, const char *words)
{
    struct query query = { .table = &tenants_table, .limit = 10 };
    query.search = search_fold(world->work.arena, text_from(words));
    struct page page = {};
    CHECK(store_list(&world->work, &query, &page));
    return page.count;
}

TEST_IN_WORLD(search_knows_no_case_no_marks_and_no_wildcards)
{
    struct tenant tenant, changes = { .name = value_string("Panadería Ñandú 100%_\\ fina") };
    world_add_tenant(world, "pan", &tenant);
    CHECK(world_try_update(&world->work, &tenants_table, tenant.cells, changes.cells, tenant.cells));
    static const char *const finds[] = { "panaderia", "PANADERÍA", "nandu", "Ñandú",
                                         "100%",      "%_\\",      "_\\ f", "pan" };
    static const char *const misses[] = { "100_", "p%a", "panaderia_", "\\\\", "acme" };
    for (size_t i = 0; i < sizeof finds / sizeof *finds; i++) {
        test_note("'%s' finds it", finds[i]);
        CHECK(found_by(world, finds[i]) == 1);
    }
    for (size_t i = 0; i < sizeof misses / sizeof *misses; i++) {
        test_note("'%s' does not find it", misses[i]);
        CHECK(found_by(world, misses[i]) == 0);
    }
    CHECK(found_by(world, "tenant_pan") == 0
          && found_by(world, "completed") == 0); /* not of what is searched */
    struct tenant renamed = { .name = value_string("Acme") };
    CHECK(world_try_update(&world->work, &tenants_table, tenant.cells, renamed.cells, tenant.cells));
    CHECK(found_by(world, "panaderia") == 0 && found_by(world, "acme") == 1);
}

/* Whatever the model says of a table (rules, indexes, search) is SQL that either engine takes. */
static void list_in_every_way(struct world *world, const struct table *table)
{
    struct query query = { .table = table, .limit = 2, .count = true };
    struct page page;
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!(column->is & (INDEXED | KEY)))
            continue;
        query.sort = column;
        for (int way = 0; way < 4; way++) {
            query.descending = way & 1;
            query.after = way & 2;
            query.cursor_value = value_null();
            query.cursor_id = TEXT("01890a5d-ac96-774b-bcce-b302099a8057");
            test_note("%s by %s", table->name, column->name);
            CHECK(store_list(&world->work, &query, &page));
        }
    }
}

TEST_IN_WORLD(every_table_can_be_listed_by_every_role_in_every_order)
{
    struct text id = TEXT("01890a5d-ac96-774b-bcce-b302099a8057");
    for (int role = 0; role < ROLE_COUNT; role++) {
        world_act_as(world, (enum role)(1 << role), id, (1 << role) == TENANT_ADMIN ? id : TEXT(""));
        for (const struct table *const *table = all_tables; *table; table++)
            if (!((*table)->is & SHAPE) && text_is(TEXT("id"), (*table)->columns[0].name))
                list_in_every_way(world, *table);
    }
}

TEST_IN_WORLD(a_role_may_see_its_own_rows_alone)
{
    struct user ana, eva;
    world_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &ana);
    world_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &eva);
    static struct table own_table;
    own_table = users_table;
    own_table.owner = 1; /* the id */
    own_table.own_only = SUPPORT;
    struct query query = { .table = &own_table, .limit = 10 };
    struct page page;
    CHECK(store_list(&world->work, &query, &page) && page.count == 2);
    world_act_as(world, SUPPORT, eva.id.text, TEXT(""));
    CHECK(store_list(&world->work, &query, &page) && page.count == 1);
    CHECK(value_equal(page_row(&page, &own_table, 0)[0], eva.id));
    struct user found;
    CHECK(!store_find(&world->work, &own_table, ana.id.text, found.cells));
}
