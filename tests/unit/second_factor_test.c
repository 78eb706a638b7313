#include "base/calendar.h"
#include "crypto/one_time_code.h"
#include "identity/access.h"
#include "identity/amr.h"
#include "identity/duty.h"
#include "identity/known_device.h"
#include "identity/recovery_code.h"
#include "identity/second_factor_change.h"
#include "identity/step_up.h"
#include "identity/totp.h"
#include "identity_world.h"
#include "settings/settings.h"
#include "json/json.h"
#include <liboath/oath.h>
#include <pthread.h>
#include <stdlib.h>

/* What the app shows so many steps from now. */
static struct text code_of(struct work *work, struct text seed, int steps)
{
    char code[CODE_DIGITS + 1];
    time_t moment = (time_t)(work->now / 1000) + steps * STEP_SECONDS;
    if (oath_totp_generate(seed.data, seed.length, moment, STEP_SECONDS, 0, CODE_DIGITS, code) != OATH_OK)
        return (struct text){};
    return arena_copy(work->arena, text_from(code));
}

/* One that it shows neither now nor a step before or after. */
static struct text wrong_code(struct work *work, struct text seed)
{
    struct text code = {};
    bool is_shown = true;
    for (int number = 0; is_shown; number++) {
        code = arena_format(work->arena, "%06d", number);
        is_shown = false;
        for (int steps = -1; steps <= 1; steps++)
            is_shown = is_shown || text_equal(code, code_of(work, seed, steps));
    }
    return code;
}

struct enrolling {
    struct factor_change change;
    struct text seed;
};

static bool read_seed(struct work *work, const struct totp_enrolment *enrolment, struct text *out)
{
    char *seed;
    size_t size;
    if (oath_base32_decode(enrolment->secret.data, enrolment->secret.length, &seed, &size) != OATH_OK)
        return false;
    *out = arena_copy(work->arena, (struct text){ seed, size });
    free(seed);
    return true;
}

static bool enrol(struct work *work, void *data)
{
    struct enrolling *enrolling = data;
    struct totp_enrolment enrolment;
    struct user *user = enrolling->change.user;
    identity_reload(work, user);
    if (!totp_begin(work, user, &enrolment) || !read_seed(work, &enrolment, &enrolling->seed))
        return false;
    return totp_confirm(work, user, code_of(work, enrolling->seed, -1))
        && second_factor_added(work, &enrolling->change);
}

/* A person of support who has signed in and set up an app, whose code of now is still good. */
static bool begin(struct world *world, struct user *user, struct enrolling *enrolling)
{
    struct grant grant;
    struct work *work = &world->work;
    *enrolling = (struct enrolling){ .change = { .user = user, .kind = second_factor_kind_totp } };
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), user);
    return identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant)
        && db_transact(work, enrol, enrolling);
}

static bool ask(struct world *world, const char *otp, struct entry *entry)
{
    const struct credentials credentials = { .email = TEXT("ana@nidia.test"),
                                             .password = TEXT(PASSWORD),
                                             .otp = text_from(otp) };
    error_clear(&world->work.error);
    world->work.actor = (struct actor){ .role = VISITOR };
    return sign_in(&world->work, &credentials, entry);
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

static bool prove(struct work *work, enum second_factor_kind kind, struct text ticket, struct text code)
{
    struct completing completing = { .given = { kind, ticket, code } };
    error_clear(&work->error);
    work->actor = (struct actor){ .role = VISITOR };
    return db_transact(work, complete, &completing) && !completing.entry.refused;
}

static bool passes(struct world *world, struct text code)
{
    struct entry entry;
    return ask(world, "", &entry) && entry_is_challenged(&entry)
        && prove(&world->work, second_factor_kind_totp, entry.ticket, code);
}

TEST_IN_WORLD(a_step_is_used_once_and_none_before_it_is_again)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling));
    CHECK(!passes(world, code_of(work, enrolling.seed, -1))); /* confirmed the app */
    CHECK(!passes(world, code_of(work, enrolling.seed, -2))
          && !passes(world, code_of(work, enrolling.seed, 2)));
    CHECK(passes(world, code_of(work, enrolling.seed, 1)));
    CHECK(!passes(world, code_of(work, enrolling.seed, 0))
          && !passes(world, code_of(work, enrolling.seed, 1)));
    work->now += 2 * STEP_SECONDS * 1000;
    CHECK(passes(world, code_of(work, enrolling.seed, 0)));
    CHECK(!passes(world, TEXT("")) && !passes(world, TEXT("12345")) && !passes(world, TEXT("abcdef")));
}

/* ---- Many at once ---- */

enum { MANY = 50 };

struct rival {
    pthread_t thread;
    struct work *work;
    struct second_factor_attempt attempt;
    bool good;
};

static bool verify(struct work *work, void *data)
{
    struct rival *rival = data;
    return second_factor_methods[rival->attempt.kind].verify(work, &rival->attempt, &rival->good);
}

static void *compete(void *data)
{
    struct rival *rival = data;
    if (!db_transact(rival->work, verify, rival))
        rival->good = false;
    return NULL;
}

/* How many of fifty who come with the same proof get in. */
static int race(struct world *world, const struct user *user, enum second_factor_kind kind, struct text code)
{
    static struct rival rivals[MANY];
    int winners = 0;
    for (int i = 0; i < MANY; i++) {
        rivals[i] = (struct rival){ .work = world_add_work(world),
                                    .attempt = { .kind = kind, .user = user, .code = code } };
        CHECK(pthread_create(&rivals[i].thread, NULL, compete, &rivals[i]) == 0);
    }
    for (int i = 0; i < MANY; i++) {
        pthread_join(rivals[i].thread, NULL);
        winners += rivals[i].good;
        world_end_work(rivals[i].work);
    }
    return winners;
}

static struct text first_of(struct work *work, struct text list)
{
    struct json json = {};
    return json_read(list, work->arena, &json, &work->error) && json.count > 0 ? json.items[0].text
                                                                               : (struct text){};
}

TEST_IN_WORLD(of_fifty_with_one_code_one_gets_in)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    CHECK(begin(world, &user, &enrolling));
    CHECK(race(world, &user, second_factor_kind_totp, code_of(&world->work, enrolling.seed, 0)) == 1);
    struct text code = first_of(&world->work, enrolling.change.recovery_codes);
    CHECK(race(world, &user, second_factor_kind_recovery_code, code) == 1);
    CHECK(world_number(world, "SELECT count(*) FROM recovery_codes") == RECOVERY_CODES - 1);
}

/* ---- Tickets ---- */

TEST_IN_WORLD(a_ticket_has_five_attempts_and_five_minutes)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    struct entry entry;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling) && ask(world, "", &entry));
    for (int i = 0; i < 5; i++)
        CHECK(!prove(work, second_factor_kind_totp, entry.ticket, wrong_code(work, enrolling.seed))
              && work->error.code == 0);
    CHECK(!prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
    CHECK(ask(world, "", &entry));
    work->now += 5 * MINUTE_MS;
    CHECK(!prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
    CHECK(passes(world, code_of(work, enrolling.seed, 0)));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'sign_in_failed' AND "
                              "metadata->>'reason' = 'wrong_second_factor'")
          == 5);
}

static bool end_all(struct work *work, void *data)
{
    return sessions_end_all(work, *(const struct text *)data, "test");
}

TEST_IN_WORLD(a_ticket_is_void_once_its_owner_is_signed_out_everywhere_or_may_not_enter)
{
    IDENTITY;
    struct user user, after;
    struct enrolling enrolling;
    struct entry entry;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling) && ask(world, "", &entry));
    world_act_as_system(world);
    CHECK(db_transact(work, end_all, &user.id.text));
    CHECK(!prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
    CHECK(ask(world, "", &entry));
    world_act_as_system(world);
    identity_reload(work, &user);
    const struct user locked = { .is_locked = value_boolean(true),
                                 .locked_at = value_time(work->now),
                                 .locked_until = value_time(work->now + MINUTE_MS) };
    CHECK(world_try_update(work, &users_table, user.cells, locked.cells, user.cells));
    CHECK(!prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
    work->now += MINUTE_MS;
    world_act_as_system(world);
    const struct user changes = { .is_active = value_boolean(false) };
    CHECK(world_try_update(work, &users_table, user.cells, changes.cells, after.cells));
    CHECK(!prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
}

TEST_IN_WORLD(guessing_at_the_second_factor_is_throttled_by_account)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    struct entry entry;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling));
    for (int i = 0; i < 10; i++) {
        CHECK(i % 5 > 0 || ask(world, "", &entry));
        CHECK(!prove(work, second_factor_kind_totp, entry.ticket, wrong_code(work, enrolling.seed)));
    }
    CHECK(world_number(world, "SELECT count(*) FROM users WHERE is_locked") == 1);
    work->now += 20 * MINUTE_MS; /* the lock of ten failures is over */
    for (int i = 0; i < 3; i++) {
        CHECK(ask(world, "", &entry));
        CHECK(!prove(work, second_factor_kind_totp, entry.ticket, wrong_code(work, enrolling.seed))
              && work->error.code == 0);
    }
    CHECK(!prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
    CHECK(work->error.code == ERROR_rate_limited && work->error.retry_after_seconds > 0);
    /* The owner's device has a bucket of its own. */
    const struct credentials of_owner = { .email = TEXT("ana@nidia.test"),
                                          .password = TEXT(PASSWORD),
                                          .device = known_device_make(work, user.id.text) };
    error_clear(&work->error);
    CHECK(sign_in(work, &of_owner, &entry));
    CHECK(prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
}

TEST_IN_WORLD(who_proves_the_second_factor_pays_nothing)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    CHECK(begin(world, &user, &enrolling));
    for (int i = 0; i < 13; i++) {
        world->work.now += STEP_SECONDS * 1000;
        CHECK(passes(world, code_of(&world->work, enrolling.seed, 0)));
    }
}

/* ---- Whose ---- */

static bool is_good_for(struct world *world, const struct user *user, enum second_factor_kind kind,
                        struct text code)
{
    struct rival rival = { .attempt = { .kind = kind, .user = user, .code = code } };
    CHECK(db_transact(&world->work, verify, &rival));
    return rival.good;
}

TEST_IN_WORLD(a_recovery_code_is_its_owners_alone)
{
    IDENTITY;
    struct user user, other;
    struct enrolling enrolling;
    CHECK(begin(world, &user, &enrolling));
    identity_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &other);
    struct text code = first_of(&world->work, enrolling.change.recovery_codes);
    CHECK(!is_good_for(world, &other, second_factor_kind_recovery_code, code));
    CHECK(is_good_for(world, &user, second_factor_kind_recovery_code, code));
}

struct starting {
    const struct user *user;
    struct text seed;
};

static bool start(struct work *work, void *data)
{
    struct starting *starting = data;
    struct totp_enrolment enrolment;
    return totp_begin(work, starting->user, &enrolment) && read_seed(work, &enrolment, &starting->seed);
}

TEST_IN_WORLD(an_app_that_nobody_confirmed_neither_counts_nor_does_away_with_another)
{
    IDENTITY;
    struct user user, other;
    struct enrolling enrolling;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling));
    identity_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &other);
    struct starting again = { .user = &user }, first = { .user = &other };
    CHECK(db_transact(work, start, &again) && db_transact(work, start, &first));
    CHECK(!is_good_for(world, &other, second_factor_kind_totp, code_of(work, first.seed, 0)));
    CHECK(!is_good_for(world, &user, second_factor_kind_totp, code_of(work, again.seed, 0)));
    CHECK(is_good_for(world, &user, second_factor_kind_totp, code_of(work, enrolling.seed, 0)));
}

/* ---- What is kept ---- */

TEST_IN_WORLD(seeds_are_sealed_and_recovery_codes_are_hashed)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling));
    CHECK(text_starts(cell_text(world_ask(world, "SELECT seed_sealed FROM totp_seeds")), TEXT("v1.")));
    CHECK(cell_text(world_ask(world, "SELECT code_hash FROM recovery_codes LIMIT 1")).length == 64);
    struct text code = first_of(work, enrolling.change.recovery_codes);
    CHECK(code.length == 27); /* 24 digits of five bits each, in groups of six */
    char lower[27];
    for (size_t i = 0; i < code.length; i++)
        lower[i] = code.data[i] >= 'A' && code.data[i] <= 'Z' ? (char)(code.data[i] + 32) : code.data[i];
    struct entry entry;
    CHECK(ask(world, "", &entry));
    CHECK(prove(work, second_factor_kind_recovery_code, entry.ticket, TEXT_BYTES(lower)));
    CHECK(ask(world, "", &entry));
    CHECK(!prove(work, second_factor_kind_recovery_code, entry.ticket, code));
}

/* ---- Changes ---- */

static bool reset(struct work *work, void *data)
{
    identity_reload(work, data);
    return second_factors_reset(work, data);
}

TEST_IN_WORLD(a_reset_removes_all_and_a_short_password_must_be_changed)
{
    IDENTITY;
    struct user user, after;
    struct enrolling enrolling;
    struct entry entry;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling));
    struct text access_token = enrolling.change.grant.access_token;
    CHECK(identity_reaches(work, access_token));
    world_act_as_system(world);
    identity_reload(work, &user);
    struct user changes = { .password_is_short = value_boolean(true),
                            .must_change_password = value_boolean(false) };
    CHECK(world_try_update(work, &users_table, user.cells, changes.cells, after.cells));
    CHECK(db_transact(work, reset, &user));
    CHECK(!identity_reaches(work, access_token));
    CHECK(world_number(world,
                       "SELECT (SELECT count(*) FROM totp_seeds) + (SELECT count(*) FROM recovery_codes)")
          == 0);
    CHECK(ask(world, "", &entry) && !entry_is_challenged(&entry));
    CHECK(value_is_true(entry.grant.user.must_change_password));
    world_act_as_system(world);
    CHECK(!db_transact(work, reset, &user) && work->error.code == ERROR_wrong_state);
}

TEST_IN_WORLD(whoever_must_have_a_factor_owes_it_until_it_is_there)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    struct work *work = &world->work;
    struct system_setting setting = { .key = value_string("second_factor_support"),
                                      .value = value_string("1"),
                                      .category = value_string("security") };
    world_act_as_system(world);
    struct user other, billing;
    struct grant grant, of_billing;
    CHECK(begin(world, &user, &enrolling));
    identity_add_user(world, "eva@nidia.test", SUPPORT, TEXT(""), &other);
    identity_add_user(world, "luz@nidia.test", BILLING_ADMIN, TEXT(""), &billing);
    CHECK(identity_sign_in(work, "eva@nidia.test", PASSWORD, TEXT(""), &grant));
    CHECK(identity_sign_in(work, "luz@nidia.test", PASSWORD, TEXT(""), &of_billing));
    CHECK(identity_reaches(work, grant.access_token) && !(work->actor.duties & DUTY_ENROL_FACTOR));
    const struct actor listening = work->actor;
    CHECK(access_again(&world->site, &listening) == ACCESS_GRANTED);
    world_act_as_system(world);
    CHECK(world_try_create(work, &system_settings_table, setting.cells));
    if (world->scratch.engine == ENGINE_POSTGRES) {
        atomic_store(&world->site.heard_us, 0); /* nobody told this node of it: it asks */
        CHECK(identity_reaches(work, grant.access_token) && work->actor.duties & DUTY_ENROL_FACTOR);
        atomic_store(&world->site.heard_us, INT64_MAX / 2);
    }
    CHECK(settings_load(work));
    CHECK(identity_reaches(work, grant.access_token) && work->actor.duties & DUTY_ENROL_FACTOR);
    CHECK(access_again(&world->site, &listening) == ACCESS_REFUSED);
    CHECK(access_again(&world->site, &work->actor) == ACCESS_GRANTED);
    CHECK(identity_reaches(work, enrolling.change.grant.access_token));
    CHECK(!(work->actor.duties & DUTY_ENROL_FACTOR));
    CHECK(identity_reaches(work, of_billing.access_token) && !(work->actor.duties & DUTY_ENROL_FACTOR));
}

/* ---- Step-up ---- */

TEST_IN_WORLD(proving_again_gives_a_session_in_the_place_of_the_old_one)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    struct entry entry;
    struct work *work = &world->work;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    int64_t signed_in = work->now;
    work->now += 9 * MINUTE_MS;
    CHECK(identity_reaches(work, grant.access_token) && work->actor.auth_time_ms == signed_in / 1000 * 1000);
    CHECK(!step_up(work, &(struct step_up){}, &entry) && work->error.fault_count == 1);
    error_clear(&work->error);
    CHECK(!step_up(work, &(struct step_up){ .current_password = TEXT("wrong") }, &entry));
    CHECK(identity_reaches(work, grant.access_token));
    CHECK(step_up(work, &(struct step_up){ .current_password = TEXT(PASSWORD) }, &entry));
    CHECK(!identity_reaches(work, grant.access_token)
          && !identity_refresh(work, grant.refresh_token, &grant));
    CHECK(identity_reaches(work, entry.grant.access_token));
    CHECK(work->actor.auth_time_ms == work->now / 1000 * 1000);
}

TEST_IN_WORLD(with_a_second_factor_that_one_is_asked_for)
{
    IDENTITY;
    struct user user;
    struct enrolling enrolling;
    struct entry entry;
    struct work *work = &world->work;
    CHECK(begin(world, &user, &enrolling));
    CHECK(identity_reaches(work, enrolling.change.grant.access_token));
    CHECK(step_up(work, &(struct step_up){ .current_password = TEXT(PASSWORD) }, &entry));
    CHECK(entry_is_challenged(&entry));
    CHECK(identity_reaches(work, enrolling.change.grant.access_token));
    CHECK(prove(work, second_factor_kind_totp, entry.ticket, code_of(work, enrolling.seed, 0)));
    CHECK(!identity_reaches(work, enrolling.change.grant.access_token));
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'step_up'") == 1);
}

TEST(the_words_of_rfc_8176_come_back)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    CHECK(text_is(amr_write(arena, 0), "[]") && amr_read(arena, TEXT("[]")) == 0);
    unsigned amr = AMR_PASSWORD | AMR_CODE | AMR_TWO_FACTORS;
    CHECK(text_is(amr_write(arena, amr), "[\"pwd\",\"otp\",\"mfa\"]"));
    CHECK(amr_read(arena, amr_write(arena, amr)) == amr && amr_read(arena, TEXT("[\"x\",1]")) == 0);
}
