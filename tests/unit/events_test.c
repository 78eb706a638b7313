/* Events: their positions, who may have them, and the ring from which listeners are served. */
#include "events/message.h"
#include "events/ring.h"
#include "events/sequencer.h"
#include "jobs/cleaning.h"
#include "model/model.h"
#include "record/event.h"
#include "record/transact.h"
#include "test.h"
#include "world.h"

static void make_plan(struct world *world, int number, bool is_visible, struct plan *plan)
{
    *plan = (struct plan){
        .name = value_text(arena_format(world->work.arena, "plan-%d", number)),
        .display_name = value_string("x"),
        .max_users = value_integer(1),
        .max_storage_gb = value_integer(1'000),
        .is_visible = value_boolean(is_visible),
    };
    CHECK(world_try_create(&world->work, &plans_table, plan->cells));
}

TEST_IN_WORLD(positions_have_no_hole_and_no_double)
{
    struct plan plan;
    int64_t last = 0;
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 5; i++)
            make_plan(world, round * 10 + i, true, &plan);
        CHECK(sequencer_run(&world->work, &last));
        CHECK(last == world_number(world, "SELECT count(*) FROM events"));
        CHECK(world_number(world, "SELECT count(DISTINCT position) FROM events") == last);
        CHECK(world_number(world, "SELECT min(position) FROM events") == 1);
    }
    CHECK(world_number(world, "SELECT count(*) FROM events WHERE entity_type = 'plans'") >= 15);
}

static bool add_many(struct work *work, void *data)
{
    for (int i = 0; i < 1'200; i++)
        if (!event_add(work, "plan.updated", &plans_table, data))
            return false;
    return true;
}

static bool forget_positions(struct work *work, void *data)
{
    (void)data;
    struct result ignored;
    return db_run(work->db, work->arena, &ignored, &work->error, "UPDATE events SET position = NULL",
                  NO_PARAMETERS);
}

TEST_IN_WORLD(what_an_earlier_version_left_is_numbered_piece_by_piece)
{
    int64_t last = 0;
    struct plan plan;
    make_plan(world, 1, true, &plan);
    CHECK(db_transact(&world->work, add_many, plan.cells)
          && db_transact(&world->work, forget_positions, NULL));
    CHECK(sequencer_run(&world->work, &last) && last > 1'200);
    CHECK(world_number(world, "SELECT count(DISTINCT position) FROM events") == last);
    CHECK(world_number(world, "SELECT max(position) FROM events") == last);
}

static void remove_old(struct world *world)
{
    const struct periodic *periodic = cleaning_periodics;
    while (!text_is(text_from(periodic->name), "remove_events"))
        periodic++;
    world->work.now += INT64_C(8) * 24 * 3'600'000;
    CHECK(periodic->run(&world->work));
}

TEST_IN_WORLD(old_events_go_from_the_front_and_the_count_goes_on)
{
    struct plan plan;
    int64_t before, after;
    for (int i = 0; i < 5; i++)
        make_plan(world, i, true, &plan);
    CHECK(sequencer_run(&world->work, &before));
    remove_old(world);
    CHECK(world_number(world, "SELECT count(*) FROM events") == 1);
    make_plan(world, 10, true, &plan);
    CHECK(sequencer_run(&world->work, &after) && after == before + 1);
    world->work.now -= INT64_C(8) * 24 * 3'600'000;
    remove_old(world); /* what is younger stays */
    CHECK(world_number(world, "SELECT count(*) FROM events") == 1);
    CHECK(world_number(world, "SELECT max(position) FROM events") == after);
}

static int64_t audience_of_last(struct world *world)
{
    int64_t last;
    CHECK(sequencer_run(&world->work, &last));
    return world_number(world,
                        "SELECT audience FROM events WHERE position = (SELECT max(position) FROM events)");
}

TEST_IN_WORLD(who_may_not_see_the_row_does_not_hear_of_it)
{
    struct plan hidden, shown, changes = { .is_visible = value_boolean(true) };
    struct user person, gone = { .deleted_at = value_time(1) };
    make_plan(world, 1, false, &hidden);
    CHECK(audience_of_last(world) == (plans_table.may[READ] & ~(unsigned)TENANT_ADMIN));
    CHECK(world_try_update(&world->work, &plans_table, hidden.cells, changes.cells, hidden.cells));
    CHECK(audience_of_last(world) == plans_table.may[READ]);
    changes.is_visible = value_boolean(false); /* who sees it no more is told so, once */
    CHECK(world_try_update(&world->work, &plans_table, hidden.cells, changes.cells, hidden.cells));
    CHECK(audience_of_last(world) == plans_table.may[READ]);
    changes = (struct plan){ .display_name = value_string("a plan") };
    CHECK(world_try_update(&world->work, &plans_table, hidden.cells, changes.cells, hidden.cells));
    CHECK(audience_of_last(world) == (plans_table.may[READ] & ~(unsigned)TENANT_ADMIN));
    make_plan(world, 2, true, &shown);
    CHECK(world_try_remove(&world->work, &plans_table, shown.cells)); /* who saw it is told that it is gone */
    CHECK(audience_of_last(world) == plans_table.may[READ]);
    make_plan(world, 3, false, &hidden);
    CHECK(world_try_remove(&world->work, &plans_table, hidden.cells));
    CHECK(audience_of_last(world) == (plans_table.may[READ] & ~(unsigned)TENANT_ADMIN));
    world_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &person);
    CHECK(world_try_update(&world->work, &users_table, person.cells, gone.cells, person.cells));
    CHECK(audience_of_last(world)
          == (users_table.may[READ] & ~(unsigned)TENANT_ADMIN)); /* who saw it is told that it is gone */
}

static bool tell_of_passkey(struct work *work, void *data)
{
    return event_add(work, "user_passkey.created", &user_passkeys_table, data);
}

TEST_IN_WORLD(who_sees_but_own_rows_does_not_hear_of_others)
{
    struct user person;
    world_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &person);
    struct user_passkey passkey = { .id = person.id, .user_id = person.id, .revision = value_integer(1) };
    CHECK(db_transact(&world->work, tell_of_passkey, passkey.cells));
    CHECK(audience_of_last(world) == SUPER_ADMIN);
}

TEST_IN_WORLD(changes_of_one_moment_are_told_in_the_order_in_which_they_were_made)
{
    struct plan plan;
    int64_t last;
    for (int i = 0; i < 8; i++)
        make_plan(world, i, true, &plan);
    CHECK(sequencer_run(&world->work, &last));
    CHECK(world_number(world, "SELECT count(*) FROM events e JOIN plans p ON p.id = e.entity_id "
                              "WHERE p.name = 'plan-' || (e.position - 1)")
          == 8);
}

TEST(a_message_goes_to_its_roles_and_its_tenant)
{
    struct message message = { .audience = SIGNED_IN, .tenant_id = "a" };
    const struct {
        struct actor actor;
        bool hears;
    } cases[] = {
        { { .role = SUPER_ADMIN }, true },
        { { .role = SUPPORT }, true },
        { { .role = TENANT_ADMIN, .tenant_id = TEXT("a") }, true },
        { { .role = TENANT_ADMIN, .tenant_id = TEXT("b") }, false },
        { { .role = TENANT_ADMIN }, false },
        { { .role = TENANT_ADMIN, .api_key_id = TEXT("k"), .tenant_id = TEXT("a") }, true },
        { { .role = TENANT_ADMIN, .api_key_id = TEXT("k"), .tenant_id = TEXT("b") }, false },
        { { .role = SUPER_ADMIN, .api_key_id = TEXT("k") }, true },
        { { .role = VISITOR }, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_note("case %zu", i);
        CHECK(message_is_for(&message, &cases[i].actor) == cases[i].hears);
    }
    message.audience = STAFF;
    CHECK(!message_is_for(&message, &cases[2].actor) && !message_is_for(&message, &cases[7].actor));
    message = (struct message){ .audience = SIGNED_IN }; /* everybody's */
    CHECK(message_is_for(&message, &cases[3].actor));
}

static void free_ring(struct ring **ring)
{
    ring_destroy(*ring);
}

TEST(a_ring_serves_from_where_one_stands_until_it_is_left_behind)
{
    [[gnu::cleanup(free_ring)]] struct ring *ring = ring_create();
    const struct actor staff = { .role = SUPPORT }, tenant = { .role = TENANT_ADMIN, .tenant_id = TEXT("a") };
    char room[8];
    size_t length;
    ring_begin(ring, 5);
    CHECK(ring_has(ring, 5) && !ring_has(ring, 4) && !ring_has(ring, 6));
    for (int64_t position = 5; position < 8; position++)
        ring_add(ring, &(struct message){ position, position == 6 ? STAFF : SIGNED_IN, "a", TEXT("abcd") });
    int64_t at = 5;
    CHECK(ring_read(ring, &staff, &at, room, sizeof room, &length) && length == 8 && at == 7); /* two fit */
    CHECK(ring_read(ring, &staff, &at, room, sizeof room, &length) && length == 4 && at == 8);
    CHECK(ring_read(ring, &staff, &at, room, sizeof room, &length) && length == 0 && at == 8);
    at = 5;
    CHECK(ring_read(ring, &tenant, &at, room, sizeof room, &length) && length == 8
          && at == 8); /* all but one */
    for (int64_t position = 8; position < 8 + RING_EVENTS; position++)
        ring_add(ring, &(struct message){ position, STAFF, "", TEXT("x") });
    CHECK(ring_next(ring) == 8 + RING_EVENTS && ring_has(ring, 8) && !ring_has(ring, 7));
    at = 7;
    CHECK(!ring_read(ring, &staff, &at, room, sizeof room, &length));
    at = 8;
    CHECK(ring_read(ring, &staff, &at, room, sizeof room, &length) && length == sizeof room && at == 16);
}
