/* Tenants' databases on both engines: made, repeated, entered by their own role alone, shut, dropped. */
#include "base/random.h"
#include "hosting/host.h"
#include "hosting/hosting.h"
#include "sql/driver.h"
#include "world.h"
#include <libpq-fe.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hosted {
    struct hosting *hosting;
    struct hosting_call call;
    struct tenant_place place;
};

static void end(struct hosted *hosted)
{
    error_clear(hosted->call.error);
    CHECK(hosting_drop(&hosted->call, &hosted->place));
    hosting_destroy(hosted->hosting);
}

/* Names that no other test on the same server has. */
static struct tenant_place new_place(struct world *world)
{
    struct text id = random_uuid(world->work.arena, world->work.now);
    return (struct tenant_place){
        .name = arena_format(world->work.arena, "tenant_%.12s", id.data + id.length - 12),
        .password = TEXT("a password of a test"),
        .connections_max = 5,
        .access = ACCESS_full,
    };
}

static bool begin(struct hosted *hosted, struct world *world)
{
    if (world->scratch.engine == ENGINE_POSTGRES)
        world->options.values[OPTION_database] = world->scratch.place;
    bool made = hosting_create(&hosted->hosting, &world->options, world->site.keyring, &world->work.error);
    CHECK(made);
    world->site.hosting = hosted->hosting;
    hosted->call = hosting_call_of(&world->work);
    hosted->place = new_place(world);
    return made;
}

static bool make(struct hosted *hosted, const struct tenant_place *place)
{
    bool made = hosting_make_role(&hosted->call, place) && hosting_make_database(&hosted->call, place)
             && hosting_migrate(&hosted->call, place) && hosting_verify(&hosted->call, place);
    if (!made)
        printf("%s: %s\n", error_words[hosted->call.error->code].code, hosted->call.error->about);
    return made;
}

static bool lists(struct hosted *hosted, struct text name)
{
    struct place_list list;
    CHECK(hosting_list_databases(&hosted->call, TEXT(""), &list));
    for (size_t i = 0; i < list.count; i++)
        if (text_equal(list.names[i], name))
            return true;
    return false;
}

TEST_IN_WORLD(a_database_is_made_with_its_schema_and_dropped)
{
    struct hosted hosted;
    if (!begin(&hosted, world))
        return;
    CHECK(!lists(&hosted, hosted.place.name));
    CHECK(make(&hosted, &hosted.place));
    CHECK(lists(&hosted, hosted.place.name));
    CHECK(hosting_drop(&hosted.call, &hosted.place));
    CHECK(!lists(&hosted, hosted.place.name));
    CHECK(!hosting_verify(&hosted.call, &hosted.place));
    end(&hosted);
}

TEST_IN_WORLD(every_step_may_be_repeated_and_keeps_what_is_there)
{
    struct hosted hosted;
    if (!begin(&hosted, world))
        return;
    CHECK(make(&hosted, &hosted.place));
    struct db *db = NULL;
    struct result result;
    CHECK(hosting_enter(&hosted.call, &hosted.place, &db));
    CHECK(db
          && db_run_script(db, hosted.call.error,
                           "CREATE TABLE kept (id bigint); INSERT INTO kept VALUES (7)"));
    db_close(db);

    CHECK(make(&hosted, &hosted.place));
    CHECK(hosting_enter(&hosted.call, &hosted.place, &db));
    CHECK(db_run(db, world->work.arena, &result, hosted.call.error, "SELECT id FROM kept", NO_PARAMETERS));
    CHECK(result.row_count == 1 && result.cells[0].integer == 7);
    db_close(db);
    end(&hosted);
}

TEST_IN_WORLD(names_outside_the_alphabet_reach_no_server)
{
    struct hosted hosted;
    if (!begin(&hosted, world))
        return;
    static const char *const names[] = { "tenant_../../passwd",
                                         "tenant_0123456789a;",
                                         "tenant_ABCDEF012345",
                                         "tenant_0123456789a",
                                         "postgres",
                                         "" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct tenant_place place = { .name = text_from(names[i]), .password = TEXT("x") };
        test_note("%s", names[i]);
        CHECK(!hosting_make_role(&hosted.call, &place) && !hosting_make_database(&hosted.call, &place));
        CHECK(!hosting_drop(&hosted.call, &place) && !hosting_set_access(&hosted.call, &place));
    }
    end(&hosted);
}

TEST(a_file_can_be_read_by_its_owner_alone)
{
    struct world world;
    if (!world_begin(&world, ENGINE_SQLITE))
        return;
    struct hosted hosted;
    CHECK(begin(&hosted, &world) && make(&hosted, &hosted.place));
    struct stat status;
    const char *path = arena_format(world.work.arena, "%s/%.*s.db", hosted.hosting->stated.folder.data,
                                    TEXT_ARG(hosted.place.name))
                           .data;
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    end(&hosted);
    world_end(&world);
}

/* As the role of `place`, into another database of the same server. */
static bool enters(struct hosted *hosted, const struct tenant_place *place, struct text database)
{
    struct tenant_place other = *place;
    struct arena *arena = hosted->call.arena;
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    PQconninfoOption *parts = PQconninfoParse(hosted->hosting->stated.url.data, NULL);
    struct text host = TEXT(""), port = TEXT("");
    for (const PQconninfoOption *part = parts; part && part->keyword; part++) {
        if (part->val && strcmp(part->keyword, "host") == 0)
            host = arena_copy(arena, text_from(part->val));
        if (part->val && strcmp(part->keyword, "port") == 0)
            port = arena_copy(arena, text_from(part->val));
    }
    PQconninfoFree(parts);
    struct error ignored = {};
    struct text way = arena_format(arena, "host='%.*s' port='%.*s' dbname='%.*s' user='%.*s' password='%.*s'",
                                   TEXT_ARG(host), TEXT_ARG(port), TEXT_ARG(database), TEXT_ARG(other.name),
                                   TEXT_ARG(other.password));
    return postgres_connect(&db, way.data, &ignored);
}

/* As the tenant, by a role that has no other rights; the tenant's own stays shut meanwhile. */
static void check_owner_enters_while_shut(struct hosted *hosted)
{
    struct result result;
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    CHECK(hosting_enter(&hosted->call, &hosted->place, &db));
    CHECK(db
          && db_run(db, hosted->call.arena, &result, hosted->call.error,
                    "SELECT CAST(current_user AS text), CAST(session_user AS text)", NO_PARAMETERS));
    CHECK(text_equal(result.cells[0].text, hosted->place.name)
          && text_starts(result.cells[1].text, TEXT("nidia_guest_")));
    CHECK(!enters(hosted, &hosted->place, hosted->place.name));
}

static void isolation(struct world *world)
{
    struct hosted hosted;
    if (!begin(&hosted, world))
        return;
    struct tenant_place other = new_place(world);
    CHECK(make(&hosted, &hosted.place) && make(&hosted, &other));
    CHECK(enters(&hosted, &hosted.place, hosted.place.name));
    CHECK(!enters(&hosted, &hosted.place, other.name));
    CHECK(!enters(&hosted, &hosted.place, TEXT("postgres")));
    CHECK(!enters(&hosted, &hosted.place, TEXT("template1")));
    CHECK(!enters(&hosted, &hosted.place, text_from(world->scratch.name)));
    struct text template =
        arena_format(world->work.arena, "nidia_template_%.*s", TEXT_ARG(hosted.call.schema->fingerprint));
    CHECK(!enters(&hosted, &hosted.place, template));

    hosted.place.access = ACCESS_none;
    CHECK(hosting_set_access(&hosted.call, &hosted.place));
    CHECK(!enters(&hosted, &hosted.place, hosted.place.name));
    CHECK(enters(&hosted, &other, other.name));
    check_owner_enters_while_shut(&hosted);
    hosted.place.access = ACCESS_full;
    CHECK(hosting_set_access(&hosted.call, &hosted.place));
    CHECK(enters(&hosted, &hosted.place, hosted.place.name));
    CHECK(hosting_drop(&hosted.call, &other));
    end(&hosted);
}

TEST(no_role_enters_another_database)
{
    world_run(ENGINE_POSTGRES, isolation);
}

static void *make_in_a_thread(void *hosted)
{
    return make(hosted, &((struct hosted *)hosted)->place) ? hosted : NULL;
}

/* Another one's change of the same row of the server's catalog, uncommitted when ours is made. */
static void shutting_meanwhile(struct world *world)
{
    static const char waits[] = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                " AND wait_event_type = 'Lock'";
    static const char open[] = "SELECT count(*) FROM pg_database WHERE datname = current_database()"
                               " AND has_database_privilege('public', oid, 'CONNECT')";
    struct hosted hosted;
    struct error error = {};
    pthread_t thread;
    void *made;
    if (!begin(&hosted, world))
        return;
    struct db *other = scratch_connect(&world->scratch);
    struct text change =
        arena_format(world->work.arena, "ALTER DATABASE %s CONNECTION LIMIT 50", world->scratch.name);
    CHECK(db_begin(other, &error) && db_run_script(other, &error, change.data));
    CHECK(scratch_number(&world->scratch, open) == 1);
    CHECK(pthread_create(&thread, NULL, make_in_a_thread, &hosted) == 0);
    while (scratch_number(&world->scratch, waits) == 0)
        sched_yield();
    CHECK(db_commit(other, &error));
    CHECK(pthread_join(thread, &made) == 0 && made);
    CHECK(scratch_number(&world->scratch, open) == 0);
    db_close(other);
    end(&hosted);
}

TEST(the_control_plane_is_shut_to_tenants_though_another_changes_its_database_meanwhile)
{
    world_run(ENGINE_POSTGRES, shutting_meanwhile);
}

/* As the product does it: on a connection that may have been open before. */
static bool writes(struct db *db)
{
    struct error ignored = {};
    return db_run_script(db, &ignored, "INSERT INTO kept VALUES (7)");
}

static bool reads(struct hosted *hosted, struct db *db)
{
    struct error ignored = {};
    struct result result;
    return db_run(db, hosted->call.arena, &result, &ignored, "SELECT id FROM kept", NO_PARAMETERS);
}

/* A session of the product's own: hosting_enter would lift its rule. */
static struct db *enter_as_product(struct hosted *hosted)
{
    struct tenant_place place = hosted->place;
    struct db *db = NULL;
    place.access = ACCESS_full;
    CHECK(hosting_enter(&hosted->call, &place, &db));
    return db;
}

TEST_IN_WORLD(who_is_read_only_reads_and_writes_nothing_until_it_may_again)
{
    struct hosted hosted;
    if (!begin(&hosted, world) || !make(&hosted, &hosted.place))
        return;
    struct db *before = enter_as_product(&hosted), *after;
    CHECK(db_run_script(before, hosted.call.error, "CREATE TABLE kept (id bigint)"));
    CHECK(writes(before));
    for (int round = 0; round < 2; round++) {
        hosted.place.access = ACCESS_read_only;
        CHECK(hosting_set_access(&hosted.call, &hosted.place));
    }
    CHECK(!writes(before)); /* it had it open */
    after = enter_as_product(&hosted);
    CHECK(!writes(after) && reads(&hosted, after));
    hosted.place.access = ACCESS_full;
    CHECK(hosting_set_access(&hosted.call, &hosted.place));
    db_close(before);
    db_close(after);
    after = enter_as_product(&hosted);
    CHECK(writes(after) && reads(&hosted, after));
    db_close(after);
    end(&hosted);
}

static void write_file(const char *folder, const char *name, const char *sql)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(sql, file) < 0 || fclose(file) != 0)
        abort();
}

static const struct wrong_schema {
    const char *name, *sql, *says;
} wrong_schemas[] = {
    { "0002_b.sql", "CREATE TABLE b (id bigint); COMMIT;", "0002_b" },
    { "0002_b.sql", "ROLLBACK;", "0002_b" },
    { "0002_b.sql", "CREATE TABLE a (id bigint);", "0002_b" },
    { "0002_b.sql", "ATTACH DATABASE '/tmp/elsewhere.db' AS elsewhere;", "0002_b" },
};

TEST_IN_WORLD(a_schema_that_fails_leaves_no_template_and_says_where)
{
    char folder[64];
    test_make_folder(folder, sizeof folder);
    write_file(folder, "0001_a.sql", "CREATE TABLE a (id bigint);");
    world->options.values[OPTION_tenant_schema] = folder;
    for (size_t i = 0; i < sizeof wrong_schemas / sizeof *wrong_schemas; i++) {
        test_note("%s", wrong_schemas[i].sql);
        write_file(folder, wrong_schemas[i].name, wrong_schemas[i].sql);
        struct hosted hosted;
        if (!begin(&hosted, world))
            break;
        CHECK(hosting_make_role(&hosted.call, &hosted.place));
        CHECK(!hosting_make_database(&hosted.call, &hosted.place));
        CHECK(strstr(world->work.error.about, wrong_schemas[i].says));
        CHECK(!lists(&hosted, hosted.place.name));
        end(&hosted);
    }
    unlink(arena_format(world->work.arena, "%s/0001_a.sql", folder).data);
    unlink(arena_format(world->work.arena, "%s/0002_b.sql", folder).data);
    rmdir(folder);
}

TEST_IN_WORLD(a_file_changed_after_it_ran_is_refused)
{
    char folder[64];
    test_make_folder(folder, sizeof folder);
    write_file(folder, "0001_a.sql", "CREATE TABLE a (id bigint);");
    world->options.values[OPTION_tenant_schema] = folder;
    struct hosted hosted, later;
    if (!begin(&hosted, world))
        return;
    CHECK(make(&hosted, &hosted.place));

    write_file(folder, "0002_b.sql", "CREATE TABLE b (id bigint);");
    CHECK(hosting_verify(&hosted.call, &hosted.place)); /* a call goes on by what it began with */
    CHECK(hosting_reread_schema(hosted.hosting, &world->work.error));
    CHECK(hosting_schema(hosted.hosting)->count == 2 && hosted.call.schema->count == 1);
    hosted.call = hosting_call_of(&world->work);
    CHECK(!hosting_verify(&hosted.call, &hosted.place)); /* one file is missing */
    write_file(folder, "0002_b.sql", "\xff");
    CHECK(!hosting_reread_schema(hosted.hosting, &world->work.error));
    CHECK(hosting_schema(hosted.hosting) == hosted.call.schema); /* what cannot be read changes nothing */
    write_file(folder, "0002_b.sql", "CREATE TABLE b (id bigint);");
    error_clear(&world->work.error);
    CHECK(begin(&later, world));
    CHECK(hosting_migrate(&later.call, &hosted.place) && hosting_verify(&later.call, &hosted.place));
    hosting_destroy(later.hosting);

    write_file(folder, "0001_a.sql", "CREATE TABLE a (id bigint, more bigint);");
    CHECK(begin(&later, world));
    CHECK(!hosting_migrate(&later.call, &hosted.place));
    CHECK(world->work.error.code == ERROR_conflict && strstr(world->work.error.about, "0001_a"));
    hosting_destroy(later.hosting);
    end(&hosted);
    unlink(arena_format(world->work.arena, "%s/0001_a.sql", folder).data);
    unlink(arena_format(world->work.arena, "%s/0002_b.sql", folder).data);
    rmdir(folder);
}
