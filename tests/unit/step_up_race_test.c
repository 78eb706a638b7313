#include "identity/lock.h"
#include "identity/second_factor_change.h"
#include "identity/step_up.h"
#include "identity_world.h"

/* Between being let in and the transaction lies a hash: who is shut out meanwhile stays out. */

static bool lock(struct work *work, void *data)
{
    struct user *user = data;
    identity_reload(work, user);
    return lock_user(work, user, TEXT("lost laptop"), user);
}

static bool add_factor(struct work *work, void *data)
{
    struct factor_change *change = data;
    identity_reload(work, change->user);
    return second_factor_added(work, change);
}

TEST_IN_WORLD(who_is_locked_after_being_let_in_gets_no_new_session)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    struct entry entry;
    struct work *work = &world->work;
    struct factor_change change = { .user = &user, .kind = second_factor_kind_totp };
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(identity_reaches(work, grant.access_token));
    const struct actor let_in = work->actor;
    world_act_as_system(world);
    CHECK(db_transact(work, lock, &user));

    work->actor = let_in;
    CHECK(!step_up(work, &(struct step_up){ .current_password = TEXT(PASSWORD) }, &entry));
    CHECK(work->error.code == ERROR_invalid_token);
    error_clear(&work->error);
    CHECK(!db_transact(work, add_factor, &change) && work->error.code == ERROR_invalid_token);
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions WHERE is_active") == 0);
}
