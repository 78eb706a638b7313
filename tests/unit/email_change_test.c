/* A change of e-mail that nobody confirms. How it is confirmed tells tests/e2e/test_emails.py. */
#include "base/calendar.h"
#include "identity_world.h"
#include "jobs/cleaning.h"

static bool ask(struct world *world, const struct user *user, const char *email, const char *password)
{
    const struct email_wish wish = { user, text_from(email), text_from(password) };
    error_clear(&world->work.error);
    return email_change_ask(&world->work, &wish);
}

static void clean(struct world *world)
{
    for (const struct periodic *periodic = cleaning_periodics; periodic->name; periodic++)
        CHECK(periodic->run(&world->work));
}

TEST_IN_WORLD(a_change_that_is_not_confirmed_in_time_is_forgotten)
{
    IDENTITY;
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(ask(world, &user, "Luz@nidia.test", PASSWORD));
    CHECK(world_number(world, "SELECT count(*) FROM email_changes WHERE email = 'luz@nidia.test'") == 1);
    CHECK(world_number(world, "SELECT count(*) FROM mailed_links WHERE purpose LIKE 'confirm_%'") == 2);
    world->work.now += 24 * HOUR_MS - 1;
    clean(world);
    CHECK(world_number(world, "SELECT count(*) FROM email_changes") == 1);
    world->work.now += 2;
    clean(world);
    CHECK(world_number(world, "SELECT count(*) FROM email_changes") == 0);
    CHECK(world_number(world, "SELECT count(*) FROM mailed_links WHERE purpose LIKE 'confirm_%'") == 0);
}

TEST_IN_WORLD(asking_takes_the_password_and_a_free_address_and_is_limited)
{
    IDENTITY;
    struct user user, other;
    struct work *work = &world->work;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    identity_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &other);
    CHECK(!ask(world, &user, "luz@nidia.test", "wrong")
          && work->error.faults[0].code == ERROR_invalid_credentials);
    CHECK(!ask(world, &user, "EVA@nidia.test", PASSWORD) && work->error.faults[0].code == ERROR_taken);
    for (int i = 0; i < 5; i++)
        CHECK(ask(world, &user, "luz@nidia.test", PASSWORD));
    CHECK(!ask(world, &user, "luz@nidia.test", PASSWORD) && work->error.code == ERROR_rate_limited);
    CHECK(world_number(world, "SELECT count(*) FROM mailed_links WHERE purpose LIKE 'confirm_%'") == 2);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'ask_email_change'") == 5);
}

static bool ask_for_proof(struct work *work, void *data)
{
    return email_verification_ask(work, data);
}

TEST_IN_WORLD(a_first_address_is_proven_by_so_many_mails_an_hour)
{
    IDENTITY;
    struct user user;
    struct work *work = &world->work;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    for (int i = 0; i < 5; i++)
        CHECK(db_transact(work, ask_for_proof, &user));
    CHECK(!db_transact(work, ask_for_proof, &user) && work->error.code == ERROR_rate_limited);
}
