#include "base/calendar.h"
#include "identity/lock.h"
#include "identity/password_rules.h"
#include "identity_world.h"
#include <pthread.h>
#include <string.h>

static bool has_fault(const struct work *work, const char *pointer, enum error_code code)
{
    for (size_t i = 0; i < work->error.fault_count; i++)
        if (strcmp(work->error.faults[i].pointer, pointer) == 0 && work->error.faults[i].code == code)
            return true;
    return false;
}

static struct user person(const char *email, enum role role, struct text tenant_id)
{
    return (struct user){ .email = value_string(email),
                          .system_role = value_text(role_name(role)),
                          .tenant_id = value_text_or_null(tenant_id) };
}

struct updating {
    const struct user *before;
    struct user changes, after;
};

static bool update(struct work *work, void *data)
{
    struct updating *updating = data;
    struct user changes = updating->changes;
    return user_update(work, updating->before->cells, changes.cells, updating->after.cells);
}

/* As the work's actor. */
static bool try_update(struct work *work, struct user *user, struct user changes)
{
    identity_reload(work, user);
    struct updating updating = { .before = user, .changes = changes };
    return db_transact(work, update, &updating);
}

static bool remove_it(struct work *work, void *data)
{
    return user_remove(work, ((const struct user *)data)->cells);
}

static bool try_remove(struct work *work, struct user *user)
{
    identity_reload(work, user);
    return db_transact(work, remove_it, user);
}

TEST_IN_WORLD(staff_has_no_tenant_and_a_tenant_admin_has_one)
{
    IDENTITY;
    struct tenant tenant;
    struct work *work = &world->work;
    world_add_tenant(world, "acme", &tenant);
    struct user user = person("a@nidia.test", TENANT_ADMIN, TEXT(""));
    CHECK(!identity_try_create(work, &user) && has_fault(work, "/tenant_id", ERROR_required));
    user = person("a@nidia.test", SUPPORT, tenant.id.text);
    CHECK(!identity_try_create(work, &user) && has_fault(work, "/tenant_id", ERROR_not_settable));
    user = person("a@nidia.test", TENANT_ADMIN, TEXT("01890000-0000-7000-8000-000000000001"));
    CHECK(!identity_try_create(work, &user) && has_fault(work, "/tenant_id", ERROR_no_such_reference));
    user = person("a@nidia.test", TENANT_ADMIN, tenant.id.text);
    CHECK(identity_try_create(work, &user) && value_is_true(user.must_change_password));
    struct user again = person("A@Nidia.test", SUPPORT, TEXT(""));
    CHECK(!identity_try_create(work, &again) && has_fault(work, "/email", ERROR_taken));
}

TEST_IN_WORLD(a_tenant_admin_stays_in_its_tenant_and_its_role)
{
    IDENTITY;
    struct tenant acme, other;
    struct user admin, made, found;
    struct work *work = &world->work;
    world_add_tenant(world, "acme", &acme);
    world_add_tenant(world, "other", &other);
    identity_add_user(world, "admin@acme.test", TENANT_ADMIN, acme.id.text, &admin);
    identity_add_user(world, "admin@other.test", TENANT_ADMIN, other.id.text, &made);
    world_act_as(world, TENANT_ADMIN, admin.id.text, acme.id.text);

    CHECK(!store_find(work, &users_table, made.id.text, found.cells) && work->error.code == ERROR_not_found);
    made = (struct user){ .email = value_string("luz@acme.test") };
    CHECK(identity_try_create(work, &made) && text_equal(made.tenant_id.text, acme.id.text));
    CHECK(text_is(made.system_role.text, "tenant_admin"));
    made = person("eva@acme.test", SUPER_ADMIN, TEXT(""));
    CHECK(!identity_try_create(work, &made) && has_fault(work, "/system_role", ERROR_not_yours_to_set));
    made = person("eva@acme.test", TENANT_ADMIN, other.id.text);
    CHECK(!identity_try_create(work, &made));
    CHECK(!try_update(work, &admin, (struct user){ .system_role = value_string("super_admin") }));
    CHECK(has_fault(work, "/system_role", ERROR_not_yours_to_set));
    CHECK(world_number(world, "SELECT current_users FROM tenants WHERE slug = 'other'") == 1);
}

struct seeker {
    pthread_t thread;
    struct work *work;
    struct user user;
    bool seated;
};

static void *seek(void *data)
{
    struct seeker *seeker = data;
    seeker->seated = identity_try_create(seeker->work, &seeker->user);
    return NULL;
}

TEST_IN_WORLD(with_one_seat_left_fifty_at_once_make_exactly_one)
{
    IDENTITY;
    enum { SEEKERS = 50 };
    static struct seeker seekers[SEEKERS];
    struct tenant tenant;
    int seated = 0, full = 0;
    world_add_tenant(world, "acme", &tenant);
    for (int i = 0; i < 4; i++) {
        struct text email = arena_format(world->work.arena, "first-%d@acme.test", i);
        struct user user = person(email.data, TENANT_ADMIN, tenant.id.text);
        CHECK(identity_try_create(&world->work, &user));
    }
    for (int i = 0; i < SEEKERS; i++) {
        struct text email = arena_format(world->work.arena, "user-%d@acme.test", i);
        seekers[i] = (struct seeker){ .work = world_add_work(world),
                                      .user = person(email.data, TENANT_ADMIN, tenant.id.text) };
        CHECK(pthread_create(&seekers[i].thread, NULL, seek, &seekers[i]) == 0);
    }
    for (int i = 0; i < SEEKERS; i++) {
        pthread_join(seekers[i].thread, NULL);
        seated += seekers[i].seated;
        full += !seekers[i].seated && seekers[i].work->error.code == ERROR_limit_reached;
        world_end_work(seekers[i].work);
    }
    CHECK(seated == 1 && full == SEEKERS - 1);
    CHECK(world_number(world, "SELECT count(*) FROM users WHERE tenant_id IS NOT NULL") == 5);
    CHECK(world_number(world, "SELECT current_users FROM tenants") == 5);
}

TEST_IN_WORLD(who_is_removed_gives_the_seat_back_and_leaves_a_tombstone)
{
    IDENTITY;
    struct tenant tenant;
    struct user user;
    struct grant grant;
    world_add_tenant(world, "acme", &tenant);
    identity_add_user(world, "ana@acme.test", TENANT_ADMIN, tenant.id.text, &user);
    CHECK(identity_sign_in(&world->work, "ana@acme.test", PASSWORD, TEXT(""), &grant));
    world_act_as_system(world);
    CHECK(try_remove(&world->work, &user));
    CHECK(world_number(world, "SELECT current_users FROM tenants") == 0);
    CHECK(world_number(world, "SELECT count(*) FROM users WHERE deleted_at IS NOT NULL AND NOT is_active")
          == 1);
    CHECK(!identity_reaches(&world->work, grant.access_token));
}

static bool lock(struct work *work, void *data)
{
    struct user *user = data;
    identity_reload(work, user);
    return lock_user(work, user, TEXT("lost laptop"), user);
}

static bool unlock(struct work *work, void *data)
{
    struct user *user = data;
    identity_reload(work, user);
    return unlock_user(work, user, user);
}

static bool try_lock(struct work *work, struct user *user)
{
    error_clear(&work->error);
    return db_transact(work, lock, user);
}

TEST_IN_WORLD(the_last_super_admin_cannot_go)
{
    IDENTITY;
    struct user first, second;
    struct work *work = &world->work;
    identity_add_user(world, "first@nidia.test", SUPER_ADMIN, TEXT(""), &first);
    const struct user demoted = { .system_role = value_string("support") };
    const struct user inactive = { .is_active = value_boolean(false) };
    CHECK(!try_remove(work, &first) && work->error.code == ERROR_conflict);
    CHECK(!try_update(work, &first, demoted) && work->error.code == ERROR_conflict);
    CHECK(!try_update(work, &first, inactive) && work->error.code == ERROR_conflict);
    CHECK(!try_lock(work, &first) && work->error.code == ERROR_conflict);
    identity_add_user(world, "second@nidia.test", SUPER_ADMIN, TEXT(""), &second);
    CHECK(try_lock(work, &first)); /* who is locked out stands in for nobody */
    CHECK(!try_update(work, &second, demoted) && work->error.code == ERROR_conflict);
    CHECK(!try_lock(work, &second) && work->error.code == ERROR_conflict);
    CHECK(db_transact(work, unlock, &first));
    CHECK(try_update(work, &first, inactive));
    CHECK(!try_remove(work, &second) && work->error.code == ERROR_conflict);
    CHECK(try_remove(work, &first));
}

TEST_IN_WORLD(losing_a_right_ends_the_sessions_and_editing_a_name_does_not)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    struct work *work = &world->work;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    world_act_as_system(world);
    CHECK(try_update(work, &user, (struct user){ .first_name = value_string("Ana") }));
    CHECK(identity_reaches(work, grant.access_token));
    world_act_as_system(world);
    CHECK(try_update(work, &user, (struct user){ .system_role = value_string("billing_admin") }));
    CHECK(!identity_reaches(work, grant.access_token));
    CHECK(identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(identity_reaches(work, grant.access_token) && work->actor.role == BILLING_ADMIN);
}

TEST_IN_WORLD(a_suspended_tenants_people_are_shut_out_until_it_is_back)
{
    IDENTITY;
    struct tenant tenant;
    struct user user;
    struct grant grant;
    struct work *work = &world->work;
    world_add_tenant(world, "acme", &tenant);
    identity_add_user(world, "ana@acme.test", TENANT_ADMIN, tenant.id.text, &user);
    CHECK(identity_sign_in(work, "ana@acme.test", PASSWORD, TEXT(""), &grant));
    CHECK(store_find_by(work, &tenants_table, "id", tenant.id, false, tenant.cells));
    world_act_as_system(world);
    const struct tenant suspended = { .plan_status = value_string("suspended"),
                                      .is_suspended = value_boolean(true),
                                      .service_level = value_string("off"),
                                      .is_active = value_boolean(false) };
    CHECK(world_try_update(work, &tenants_table, tenant.cells, suspended.cells, tenant.cells));
    CHECK(!identity_reaches(work, grant.access_token));
    CHECK(!identity_refresh(work, grant.refresh_token, &grant));
    CHECK(revocations_load(work) && !identity_reaches(work, grant.access_token));
    world_act_as_system(world);
    const struct tenant back = { .plan_status = value_string("active"),
                                 .is_suspended = value_boolean(false),
                                 .service_level = value_string("full"),
                                 .is_active = value_boolean(true) };
    CHECK(world_try_update(work, &tenants_table, tenant.cells, back.cells, tenant.cells));
    CHECK(identity_reaches(work, grant.access_token));
    CHECK(identity_refresh(work, grant.refresh_token, &grant));
}

/* ---- Passwords ---- */

TEST_IN_WORLD(a_password_is_long_uncommon_and_without_the_words_of_its_context)
{
    IDENTITY;
    struct tenant tenant;
    struct work *work = &world->work;
    world_add_tenant(world, "transportes-andinos", &tenant);
    struct user who = { .email = value_string("marcela@example.test"),
                        .first_name = value_string("Marcela"),
                        .last_name = value_string("Peñaloza"),
                        .tenant_id = tenant.id };
    const struct {
        struct text password;
        enum error_code code;
    } cases[] = {
        { TEXT("catorce letras"), ERROR_too_short },
        { TEXT("ñandú ñandú ña"), ERROR_too_short },
        { TEXT("passwordpassword"), ERROR_password_too_common },
        { TEXT("PassWord12345678!!"), ERROR_password_too_common },
        { TEXT("aaaaaaaaaaaaaaaa"), ERROR_password_too_common },
        { TEXT("abcabcabcabcabcabc"), ERROR_password_too_common },
        { TEXT("abcdefghijklmnopqrst"), ERROR_password_too_common },
        { TEXT("98765432109876543210"), ERROR_password_too_common },
        { TEXT("1234567890123456"), ERROR_password_too_common },
        { TEXT("correcthorsebatterystaple"), ERROR_password_too_common },
        { TEXT("me llamo MARCELA hoy"), ERROR_password_too_guessable },
        { TEXT("la clave de penaloza"), ERROR_password_too_guessable },
        { TEXT("dos buses andinos"), ERROR_password_too_guessable },
        { TEXT("Nidia es la mejor"), ERROR_password_too_guessable },
        { TEXT("largo-y-tendido-4471"), ERROR_none },
        { TEXT("cuatro gatos pardos"), ERROR_none },
        { TEXT("zQ4!mm0r#x_T9wLp"), ERROR_none },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error_clear(&work->error);
        test_note("%.*s", TEXT_ARG(cases[i].password));
        bool good = password_rules_check(work, cases[i].password, &who, "/password");
        CHECK(good == (cases[i].code == ERROR_none) && (good || has_fault(work, "/password", cases[i].code)));
    }
    who.mfa_enabled = value_boolean(true);
    error_clear(&work->error);
    CHECK(password_rules_check(work, TEXT("zQ4!mm0r"), &who, "/password"));
    CHECK(!password_rules_check(work, TEXT("zQ4!mm0"), &who, "/password"));
}

TEST_IN_WORLD(a_new_password_ends_the_sessions_and_ones_own_asks_for_the_old_one)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    struct work *work = &world->work;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    identity_reload(work, &user);
    struct password_change change = { .user = &user, .password = TEXT("cuatro gatos pardos") };
    CHECK(!password_change(work, &change) && has_fault(work, "/current_password", ERROR_required));
    error_clear(&work->error);
    change.current_password = TEXT("wrong");
    CHECK(!password_change(work, &change) && has_fault(work, "/current_password", ERROR_invalid_credentials));
    error_clear(&work->error);
    change.current_password = TEXT(PASSWORD);
    CHECK(password_change(work, &change));
    CHECK(!identity_reaches(work, grant.access_token));
    CHECK(!identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(identity_sign_in(work, "ana@nidia.test", "cuatro gatos pardos", TEXT(""), &grant));
    CHECK(!value_is_true(grant.user.must_change_password));

    world_act_as_system(world);
    identity_reload(work, &user);
    change = (struct password_change){ .user = &user, .password = TEXT("cinco gatos pardos") };
    CHECK(password_change(work, &change));
    CHECK(identity_sign_in(work, "ana@nidia.test", "cinco gatos pardos", TEXT(""), &grant));
    CHECK(value_is_true(grant.user.must_change_password));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'set_password'") == 2);
}

TEST_IN_WORLD(guessing_at_ones_own_password_is_slowed_down_as_signing_in_is)
{
    IDENTITY;
    struct user user;
    struct work *work = &world->work;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    world_act_as(world, SUPPORT, user.id.text, TEXT(""));
    work->origin.address = TEXT("192.0.2.1");
    for (int i = 0; i < 10; i++) {
        error_clear(&work->error);
        CHECK(!password_check_current(work, &user, TEXT("wrong"))
              && has_fault(work, "/current_password", ERROR_invalid_credentials));
    }
    error_clear(&work->error);
    CHECK(!password_check_current(work, &user, TEXT(PASSWORD)) && work->error.code == ERROR_rate_limited);
}

TEST_IN_WORLD(no_password_or_hash_is_in_the_audit)
{
    IDENTITY;
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE entity_type = 'users'") > 0);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE CAST(new_values AS text) LIKE '%$2b$%' "
                              "OR CAST(new_values AS text) LIKE '%tendido%'")
          == 0);
}
