/* Links that were mailed, as time passes and their user changes. */
#include "base/calendar.h"
#include "identity_world.h"
#include "letters/link.h"

enum { LIFE_MS = 30 * MINUTE_MS };

struct linking {
    struct user user;
    struct text token;
};

static bool add(struct work *work, void *data)
{
    struct linking *linking = data;
    const struct link_holder holder = { linking->user.id.text, linking->user.session_epoch.integer };
    struct text url;
    if (!link_add(work, mail_kind_reset_password, &holder, LIFE_MS, &url))
        return false;
    size_t hash = text_find_byte(url, '#');
    linking->token = text_slice(url, hash + 1, url.length);
    return true;
}

static bool spend(struct work *work, void *data)
{
    struct linking *linking = data;
    struct opened_link link;
    return link_spend(work, LINK_CHOOSES_PASSWORD, linking->token, &link)
        && text_equal(link.user.id.text, linking->user.id.text);
}

static bool try_spend(struct world *world, struct linking *linking)
{
    error_clear(&world->work.error);
    return db_transact(&world->work, spend, linking);
}

static void begin(struct world *world, struct linking *linking)
{
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &linking->user);
    CHECK(db_transact(&world->work, add, linking));
}

TEST_IN_WORLD(a_link_is_good_until_its_time_is_over)
{
    IDENTITY;
    struct linking linking = {};
    struct opened_link link;
    begin(world, &linking);
    world->work.now += LIFE_MS - 1;
    CHECK(link_find(&world->work, LINK_CHOOSES_PASSWORD, linking.token, &link)
          && value_equal(link.user.id, linking.user.id));
    world->work.now += 1;
    CHECK(!link_find(&world->work, LINK_CHOOSES_PASSWORD, linking.token, &link)
          && world->work.error.faults[0].code == ERROR_link_void);
    CHECK(!try_spend(world, &linking));
}

TEST_IN_WORLD(a_link_is_good_for_what_it_was_mailed_for)
{
    IDENTITY;
    struct linking linking = {};
    struct opened_link link;
    begin(world, &linking);
    CHECK(!link_find(&world->work, LINK_CONFIRMS_EMAIL, linking.token, &link)
          && world->work.error.faults[0].code == ERROR_link_void);
    CHECK(try_spend(world, &linking));
}

TEST_IN_WORLD(a_link_is_good_once_and_kept_as_a_hash)
{
    IDENTITY;
    struct linking linking = {};
    begin(world, &linking);
    CHECK(
        world_number(
            world,
            "SELECT count(*) FROM mailed_links WHERE purpose = 'reset_password' AND length(token_hash) = 64")
        == 1);
    CHECK(!text_equal(
        world_ask(world, "SELECT token_hash FROM mailed_links WHERE purpose = 'reset_password'").text,
        linking.token));
    CHECK(try_spend(world, &linking) && !try_spend(world, &linking));
}

static bool end_sessions(struct work *work, void *data)
{
    return sessions_end_all(work, ((struct linking *)data)->user.id.text, "a test");
}

TEST_IN_WORLD(a_link_of_an_earlier_epoch_is_void)
{
    IDENTITY;
    struct linking linking = {};
    begin(world, &linking);
    CHECK(db_transact(&world->work, end_sessions, &linking));
    CHECK(!try_spend(world, &linking) && world->work.error.faults[0].code == ERROR_link_void);
}
