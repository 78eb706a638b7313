/* The two engines are alike: the same writes leave the same rows, and refuse the same things. */
#include "record/document.h"
#include "world.h"
#include "json/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITES = 250, PEOPLE = 12, TENANTS = 5 };

/* One write of many, drawn before it is played on either engine. */
struct move {
    enum move_kind { ADD_TENANT, ADD_USER, CHANGE_TENANT, CHANGE_USER, REMOVE_USER, COUNT_USERS, MOVES } kind;
    int tenant, person, number;
    bool stale; /* on an old revision */
};

static void draw(struct move *moves)
{
    for (int i = 0; i < WRITES; i++)
        moves[i] = (struct move){
            .kind = (enum move_kind)test_random_below(MOVES),
            .tenant = (int)test_random_below(TENANTS),
            .person = (int)test_random_below(PEOPLE),
            .number = (int)test_random_below(1'000),
            .stale = test_random_below(8) == 0,
        };
}

static struct value id_of(struct world *world, int group, int i)
{
    return value_text(arena_format(world->work.arena, "01890a5d-ac96-774b-b%03d-%012d", group, i));
}

static struct value words(struct world *world, const char *format, int number)
{
    char text[80];
    snprintf(text, sizeof text, "%s %d", format, number);
    return value_text(arena_copy(world->work.arena, text_from(text)));
}

static bool add_tenant(struct world *world, const struct move *move)
{
    struct tenant tenant = {
        .id = id_of(world, 1, move->tenant),
        .name = words(world, "Peña & Cía", move->number),
        .slug = value_text(arena_format(world->work.arena, "t%d", move->tenant)),
        .plan_id = id_of(world, 0, 0),
        .plan_type = value_string("basic"),
        .db_name = value_text(arena_format(world->work.arena, "d%d", move->number % 7)),
        .billing_email = value_string("pagos@peña.test"),
        .max_storage_gb = value_integer(move->number * 125),
        .settings = value_string("{\"ñ\": [1, 2.50, null]}"),
        .trial_ends_at = move->number % 2 ? value_time(WORLD_BEGIN_MS + move->number) : value_null(),
    };
    return world_try_create(&world->work, &tenants_table, tenant.cells);
}

static bool add_user(struct world *world, const struct move *move)
{
    bool staff = move->number % 3 == 0;
    struct user user = {
        .id = id_of(world, 2, move->person),
        .email = value_text(arena_format(world->work.arena, "u%d@nidia.test", move->number % 20)),
        .first_name = words(world, "María", move->number),
        .system_role = staff ? choice_value(system_role, support) : choice_value(system_role, tenant_admin),
        .tenant_id =
            move->number % 5 == 0 ? value_null() : id_of(world, 1, move->tenant), /* at times absurd */
    };
    return world_try_create(&world->work, &users_table, user.cells);
}

/* The row as it is, or as it was one revision ago. */
static bool find(struct world *world, const struct table *table, struct value id, bool stale,
                 struct value *cells)
{
    error_clear(&world->work.error);
    if (!store_find_by(&world->work, table, "id", id, false, cells))
        return false;
    struct value *revision = &cells[column_index(table, column_named(table, TEXT("revision")))];
    revision->integer -= stale;
    return true;
}

static bool change_tenant(struct world *world, const struct move *move)
{
    struct tenant tenant, changes = {
        .name = words(world, "Ñandú", move->number),
        .max_users = value_integer(move->number - 10), /* below one at times */
        .notes = move->number % 2 ? value_null() : words(world, "nota", move->number),
        .enabled_modules = value_string(move->number % 4 ? "[]" : "[\"crm\"]"),
    };
    return find(world, &tenants_table, id_of(world, 1, move->tenant), move->stale, tenant.cells)
        && world_try_update(&world->work, &tenants_table, tenant.cells, changes.cells, tenant.cells);
}

static bool change_user(struct world *world, const struct move *move)
{
    struct user user, changes = {
        .email = value_text(arena_format(world->work.arena, "u%d@nidia.test", move->number % 20)),
        .is_locked = value_boolean(move->number % 2), /* without its time: refused */
        .language = value_string("en"),
    };
    return find(world, &users_table, id_of(world, 2, move->person), move->stale, user.cells)
        && world_try_update(&world->work, &users_table, user.cells, changes.cells, user.cells);
}

static bool remove_user(struct world *world, const struct move *move)
{
    struct user user;
    return find(world, &users_table, id_of(world, 2, move->person), move->stale, user.cells)
        && world_try_remove(&world->work, &users_table, user.cells);
}

static bool count_users(struct world *world, const struct move *move)
{
    struct tenant tenant, changes = { .current_users = value_integer(move->number - 50) };
    return find(world, &tenants_table, id_of(world, 1, move->tenant), move->stale, tenant.cells)
        && world_try_update(&world->work, &tenants_table, tenant.cells, changes.cells, tenant.cells);
}

static bool (*const plays[MOVES])(struct world *world, const struct move *move) = {
    [ADD_TENANT] = add_tenant,   [ADD_USER] = add_user,       [CHANGE_TENANT] = change_tenant,
    [CHANGE_USER] = change_user, [REMOVE_USER] = remove_user, [COUNT_USERS] = count_users,
};

/* JSON in one spelling: PostgreSQL has its own. */
static struct text respelled(struct arena *arena, struct text document)
{
    struct json json;
    struct error error = {};
    struct buffer text = { .arena = arena };
    if (!json_read(document, arena, &json, &error))
        return document;
    json_add(&text, &json);
    return text.text;
}

static void print_row(struct buffer *out, const struct table *table, const struct value *cells)
{
    for (size_t i = 0; i < table->width; i++) {
        struct buffer json = { .arena = out->arena };
        if (!column_is_stored(&table->columns[i]))
            continue;
        document_write_value(&json, &table->columns[i], cells[i]);
        struct text text = respelled(out->arena, json.text);
        buffer_print(out, "%s=%.*s ", table->columns[i].name, TEXT_ARG(text));
    }
    buffer_add_byte(out, '\n');
}

static void print_table(struct buffer *out, struct world *world, const struct table *table)
{
    struct query query = { .table = table, .limit = LIMIT_MAX };
    struct page page = {};
    CHECK(store_list(&world->work, &query, &page));
    for (size_t i = 0; i < page.count; i++)
        print_row(out, table, page_row(&page, table, i));
}

/* What each write was answered, what is stored in the end, and how much was written about it. */
static char *play(struct world *world, const struct move *moves)
{
    struct buffer out = { .arena = world->work.arena };
    struct plan plan = { .id = id_of(world, 0, 0),
                         .name = value_string("basic"),
                         .display_name = value_string("Básico"),
                         .max_users = value_integer(5),
                         .max_storage_gb = value_integer(5'000) };
    world_create(world, &plans_table, plan.cells);
    for (int i = 0; i < WRITES; i++) {
        world->work.now = WORLD_BEGIN_MS + i * 1'000;
        error_clear(&world->work.error);
        bool done = plays[moves[i].kind](world, &moves[i]);
        const struct error *error = &world->work.error;
        bool tells =
            !done && error->code != ERROR_taken; /* of several that are taken, each engine tells its first */
        buffer_print(&out, "%d: %s %s\n", i, done ? "done" : error_words[error->code].code,
                     tells ? error->about : "");
    }
    print_table(&out, world, &tenants_table);
    print_table(&out, world, &users_table);
    buffer_print(&out, "%d records, %d events, %d keys, search %.*s\n",
                 (int)world_number(world, "SELECT count(*) FROM audit_logs"),
                 (int)world_number(world, "SELECT count(*) FROM events"),
                 (int)world_number(world, "SELECT count(*) FROM subject_keys"),
                 TEXT_ARG(cell_text(world_ask(world, "SELECT search FROM tenants ORDER BY id LIMIT 1"))));
    return strndup(out.data, out.length);
}

static char *play_on(enum engine engine, const struct move *moves)
{
    struct world world;
    if (!world_begin(&world, engine))
        return NULL;
    char *played = play(&world, moves);
    world_end(&world);
    return played;
}

/* The first line in which they differ, for whoever must find out why. */
static void tell_difference(const char *a, const char *b)
{
    size_t line = 0, i = 0;
    for (; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n')
            line = i + 1;
    printf("SQLite:     %.*s\nPostgreSQL: %.*s\n", (int)strcspn(a + line, "\n"), a + line,
           (int)strcspn(b + line, "\n"), b + line);
}

TEST(the_same_writes_leave_the_same_rows_on_both_engines)
{
    struct move moves[WRITES];
    draw(moves);
    char *sqlite = play_on(ENGINE_SQLITE, moves), *postgres = play_on(ENGINE_POSTGRES, moves);
    CHECK(strstr(sqlite, "done") && strstr(sqlite, "changed_meanwhile") && strstr(sqlite, "taken"));
    bool alike = !postgres || strcmp(sqlite, postgres) == 0;
    if (!alike)
        tell_difference(sqlite, postgres);
    CHECK(alike);
    free(sqlite);
    free(postgres);
}
