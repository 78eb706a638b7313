/* Coming in by a passkey: alone, after the password, and no more once it is gone. */
#include "base/calendar.h"
#include "identity/lock.h"
#include "identity/passkey_factor.h"
#include "identity/passkey_sign_in.h"
#include "passkey_owner.h"
#include <string.h>

static void become_visitor(struct work *work)
{
    work->actor = (struct actor){ .role = VISITOR };
    work->now++; /* ids are ordered by time */
    error_clear(&work->error);
}

static bool try_alone(struct passkey_owner *owner, struct entry *entry)
{
    struct work *work = &owner->world->work;
    become_visitor(work);
    const struct passkey_credentials credentials = {
        .credential = browser_sign(&owner->browser, passkey_sign_in_question(work)),
    };
    return passkey_sign_in(work, &credentials, entry);
}

static struct text reason_of_last_failure(struct world *world)
{
    return cell_text(world_ask(world,
                               "SELECT metadata->>'reason' FROM audit_logs WHERE action = 'sign_in_failed' "
                               "ORDER BY id DESC LIMIT 1"));
}

static bool is_refused(struct passkey_owner *owner, const char *reason)
{
    struct entry entry;
    return !try_alone(owner, &entry) && owner->world->work.error.code == ERROR_passkey_refused
        && text_is(reason_of_last_failure(owner->world), reason);
}

static bool change_owner(struct passkey_owner *owner, struct user changes)
{
    world_act_as_system(owner->world);
    identity_reload(&owner->world->work, &owner->user);
    return world_try_update(&owner->world->work, &users_table, owner->user.cells, changes.cells,
                            owner->user.cells);
}

TEST_IN_WORLD(a_passkey_alone_is_two_factors_and_gives_a_session_that_says_so)
{
    OWNER("ana@nidia.test");
    struct entry entry;
    owner_register(&owner);
    CHECK(try_alone(&owner, &entry) && !entry_is_challenged(&entry));
    CHECK(text_equal(world->work.actor.user_id, owner.user.id.text));
    CHECK(identity_reaches(&world->work, entry.grant.access_token));
    struct user_session session;
    CHECK(store_find_by(&world->work, &user_sessions_table, "id", value_text(entry.grant.session_id), false,
                        session.cells));
    CHECK(text_contains(session.amr.text, TEXT("\"pop\""))
          && text_contains(session.amr.text, TEXT("\"mfa\"")));
    CHECK(!text_contains(session.amr.text, TEXT("\"pwd\"")));
}

TEST_IN_WORLD(every_refusal_of_a_passkey_is_the_same_and_told_apart_in_the_audit)
{
    OWNER("ana@nidia.test");
    owner_register(&owner);
    CHECK(change_owner(&owner, (struct user){ .is_active = value_boolean(false) }));
    CHECK(is_refused(&owner, "not_active"));
    CHECK(change_owner(&owner, (struct user){ .is_active = value_boolean(true),
                                              .is_locked = value_boolean(true),
                                              .locked_at = value_time(world->work.now) }));
    CHECK(is_refused(&owner, "locked"));
    CHECK(change_owner(&owner, (struct user){ .is_locked = value_boolean(false) }));
    owner.browser.key.credential_id = "nobodys";
    CHECK(is_refused(&owner, "unknown_passkey"));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'sign_in_failed' AND outcome = "
                              "'denied' AND CAST(metadata AS text) LIKE '%passkey%'")
          == 3);
}

TEST_IN_WORLD(who_guesses_at_the_password_does_not_lock_the_owner_of_a_passkey_out)
{
    OWNER("ana@nidia.test");
    struct entry entry;
    owner_register(&owner);
    CHECK(change_owner(&owner, (struct user){ .is_locked = value_boolean(true),
                                              .locked_at = value_time(world->work.now),
                                              .locked_until = value_time(world->work.now + HOUR_MS) }));
    CHECK(try_alone(&owner, &entry));
}

TEST_IN_WORLD(who_comes_in_pays_nothing_and_who_does_not_is_slowed_down)
{
    OWNER("ana@nidia.test");
    struct entry entry;
    owner_register(&owner);
    for (int i = 0; i < 12; i++)
        CHECK(try_alone(&owner, &entry));
    owner.browser.origin = "https://evil.test";
    for (int i = 0; i < 10; i++)
        CHECK(is_refused(&owner, "wrong_origin"));
    CHECK(!try_alone(&owner, &entry) && world->work.error.code == ERROR_rate_limited);
    CHECK(world->work.error.retry_after_seconds > 0);
}

/* ---- After the password ---- */

static struct entry after_password(struct passkey_owner *owner)
{
    const struct credentials credentials = { owner->user.email.text, TEXT(PASSWORD), {}, {} };
    struct entry entry = {};
    become_visitor(&owner->world->work);
    CHECK(sign_in(&owner->world->work, &credentials, &entry) && entry_is_challenged(&entry));
    CHECK(text_contains(entry.methods, TEXT("\"passkey\"")));
    return entry;
}

struct completing {
    struct second_factor_given given;
    struct entry entry;
};

static bool complete(struct work *work, void *data)
{
    struct completing *completing = data;
    return entry_complete(work, &completing->given, &completing->entry);
}

/* The second factor of one ticket, proven by the answer to a question. */
static bool completes(struct world *world, const struct entry *first, struct text answer)
{
    struct completing completing = {
        .given = { .kind = second_factor_kind_passkey, .ticket = first->ticket, .credential = answer },
    };
    become_visitor(&world->work);
    return db_transact(&world->work, complete, &completing) && !completing.entry.refused;
}

TEST_IN_WORLD(after_the_password_a_passkey_without_a_pin_is_enough_for_its_own_ticket)
{
    OWNER("ana@nidia.test");
    struct browser *browser = &owner.browser;
    browser->key.flags = AUTHENTICATOR_PRESENT;
    owner_register(&owner);
    struct entry one = after_password(&owner), other = after_password(&owner);
    CHECK(!completes(world, &one, browser_sign(browser, other.passkey_question)));
    struct text answer = browser_sign(browser, one.passkey_question);
    CHECK(completes(world, &one, answer));
    CHECK(!completes(world, &other, answer));
    CHECK(!completes(world, &other, browser_sign(browser, passkey_sign_in_question(&world->work))));
    CHECK(!completes(world, &other, TEXT("")) && world->work.error.faults[0].code == ERROR_required);
    CHECK(is_refused(&owner, "nobody_verified"));
}

TEST_IN_WORLD(another_persons_passkey_is_no_second_factor)
{
    OWNER("ana@nidia.test");
    owner_register(&owner);
    struct entry first = after_password(&owner);
    [[gnu::cleanup(owner_end)]] struct passkey_owner thief;
    owner_begin(&thief, world, "thief@nidia.test");
    owner_register(&thief);
    CHECK(!completes(world, &first, browser_sign(&thief.browser, first.passkey_question)));
    first = after_password(&owner); /* the question of the first one has been used up */
    CHECK(completes(world, &first, browser_sign(&owner.browser, first.passkey_question)));
}

/* ---- Removing ---- */

struct removing {
    struct user_passkey passkey;
    struct factor_change change;
};

static bool remove_own(struct work *work, void *data)
{
    struct removing *removing = data;
    return passkey_remove_own(work, removing->passkey.id.text, &removing->change);
}

static bool remove_others(struct work *work, void *data)
{
    return passkey_remove(work, ((struct removing *)data)->passkey.cells);
}

TEST_IN_WORLD(with_the_last_passkey_goes_the_second_factor_and_every_other_session)
{
    OWNER("ana@nidia.test");
    struct entry elsewhere;
    struct work *work = &world->work;
    struct removing removing = { .passkey = owner_register(&owner),
                                 .change = { .user = &owner.user, .kind = second_factor_kind_passkey } };
    CHECK(value_is_true(owner.user.mfa_enabled));
    CHECK(try_alone(&owner, &elsewhere));
    identity_reload(work, &owner.user);
    CHECK(identity_reaches(work, owner.grant.access_token) && db_transact(work, remove_own, &removing));
    CHECK(!value_is_true(owner.user.mfa_enabled));
    CHECK(!identity_reaches(work, elsewhere.grant.access_token));
    CHECK(identity_reaches(work, removing.change.grant.access_token));
    CHECK(is_refused(&owner, "unknown_passkey"));
}

TEST_IN_WORLD(an_administrator_takes_a_passkey_away_and_the_sessions_end)
{
    OWNER("ana@nidia.test");
    struct work *work = &world->work;
    struct removing removing = { .passkey = owner_register(&owner) };
    world_act_as_system(world);
    CHECK(db_transact(work, remove_others, &removing));
    identity_reload(work, &owner.user);
    CHECK(!value_is_true(owner.user.mfa_enabled) && !identity_reaches(work, owner.grant.access_token));
    CHECK(is_refused(&owner, "unknown_passkey"));
}

static bool reset(struct work *work, void *data)
{
    return second_factors_reset(work, data);
}

TEST_IN_WORLD(whoever_lost_all_second_factors_has_no_passkey_either)
{
    OWNER("ana@nidia.test");
    owner_register(&owner);
    world_act_as_system(world);
    identity_reload(&world->work, &owner.user);
    CHECK(db_transact(&world->work, reset, &owner.user));
    CHECK(world_number(world, "SELECT count(*) FROM user_passkeys") == 0);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE entity_type = 'user_passkeys' AND "
                              "action = 'delete'")
          == 1);
}
