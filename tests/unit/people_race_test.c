/* People and sessions where several act at once: each engine decides for one of them, and nothing is lost
 * between. */
#include "identity_world.h"
#include "letters/link.h"
#include "settings/settings.h"
#include <pthread.h>

struct racer {
    pthread_t thread;
    struct work *work;
    bool (*act)(struct work *work, void *data); /* in a transaction, unless `whole` */
    bool whole;
    void *data;
    bool done;
    enum error_code code;
};

static pthread_barrier_t start;

static void *race(void *data)
{
    struct racer *racer = data;
    pthread_barrier_wait(&start);
    racer->done = racer->whole ? racer->act(racer->work, racer->data)
                               : db_transact(racer->work, racer->act, racer->data);
    racer->code = racer->work->error.code;
    return NULL;
}

/* All begin together; how many succeeded. */
static size_t run_race(struct world *world, struct racer *racers, size_t count)
{
    size_t done = 0;
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        racers[i].work = world_add_work(world);
        CHECK(pthread_create(&racers[i].thread, NULL, race, &racers[i]) == 0);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(racers[i].thread, NULL);
        done += racers[i].done;
    }
    pthread_barrier_destroy(&start);
    return done;
}

/* What the racers were given lies in their works. */
static void end_race(const struct racer *racers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        world_end_work(racers[i].work);
}

/* ---- The last super admin ---- */

static bool find_locked(struct work *work, const struct user *known, struct user *user)
{
    return store_find_locked(work, &users_table, known->id.text, user->cells);
}

static bool deactivate(struct work *work, void *data)
{
    struct user user, after, changes = { .is_active = value_boolean(false) };
    return find_locked(work, data, &user) && user_update(work, user.cells, changes.cells, after.cells);
}

static bool demote(struct work *work, void *data)
{
    struct user user, after, changes = { .system_role = value_string("support") };
    return find_locked(work, data, &user) && user_update(work, user.cells, changes.cells, after.cells);
}

static bool lock_out(struct work *work, void *data)
{
    struct user user, after;
    return find_locked(work, data, &user) && lock_user(work, &user, TEXT("a race"), &after);
}

static bool take_away(struct work *work, void *data)
{
    struct user user;
    return find_locked(work, data, &user) && user_remove(work, user.cells);
}

TEST_IN_WORLD(of_two_super_admins_who_rid_each_other_of_their_rights_one_stays)
{
    IDENTITY;
    static bool (*const ways[])(struct work *, void *) = { deactivate, demote, lock_out, take_away };
    enum { WAYS = sizeof ways / sizeof *ways };
    struct user one, other;
    identity_add_user(world, "super-0@nidia.test", SUPER_ADMIN, TEXT(""), &one);
    for (size_t round = 0; round < WAYS * WAYS; round++) {
        struct text email = arena_format(world->work.arena, "super-%zu@nidia.test", round + 1);
        identity_add_user(world, email.data, SUPER_ADMIN, TEXT(""), &other);
        struct racer racers[] = { { .act = ways[round % WAYS], .data = &one },
                                  { .act = ways[round / WAYS], .data = &other } };
        test_note("round %zu", round);
        CHECK(run_race(world, racers, 2) == 1);
        CHECK(racers[racers[0].done].code == ERROR_conflict);
        CHECK(world_number(world,
                           "SELECT count(*) FROM users WHERE system_role = 'super_admin' AND is_active "
                           "AND NOT is_locked AND deleted_at IS NULL")
              == 1);
        end_race(racers, 2);
        if (racers[0].done)
            one = other;
    }
}

/* ---- Sessions ---- */

struct visit {
    struct grant grant, fresh;
};

static bool renew(struct work *work, void *data)
{
    struct visit *visit = data;
    return identity_refresh(work, visit->grant.refresh_token, &visit->fresh);
}

static bool leave(struct work *work, void *data)
{
    struct visit *visit = data;
    struct user_session session;
    work->actor = (struct actor){ .role = SUPPORT, .user_id = visit->grant.user.id.text };
    return sessions_find_own(work, visit->grant.session_id, &session)
        && session_end(work, &session, "signed_out");
}

TEST_IN_WORLD(whoever_signs_out_while_refreshing_is_out)
{
    IDENTITY;
    enum { ROUNDS = 10 };
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    for (int round = 0; round < ROUNDS; round++) {
        struct visit visit = {};
        struct grant later;
        CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &visit.grant));
        struct racer racers[] = { { .act = renew, .whole = true, .data = &visit },
                                  { .act = leave, .data = &visit } };
        (void)run_race(world, racers, 2);
        CHECK(racers[1].done);
        CHECK(world_number(world, "SELECT count(*) FROM user_sessions WHERE is_active") == 0);
        CHECK(!identity_reaches(&world->work, visit.grant.access_token));
        if (racers[0].done)
            CHECK(!identity_reaches(&world->work, visit.fresh.access_token)
                  && !identity_refresh(&world->work, visit.fresh.refresh_token, &later));
        end_race(racers, 2);
    }
}

static bool enter(struct work *work, void *data)
{
    struct visit *visit = data;
    return identity_sign_in(work, "ana@nidia.test", PASSWORD, TEXT(""), &visit->grant);
}

TEST_IN_WORLD(whoever_signs_in_at_once_has_no_more_sessions_than_are_allowed)
{
    IDENTITY;
    enum { AT_ONCE = 8, MOST = 3 };
    struct visit visits[AT_ONCE];
    struct racer racers[AT_ONCE];
    struct user user;
    struct system_setting limit = { .key = value_string("sessions_per_person"),
                                    .value = value_string("3"),
                                    .category = value_string("security") };
    size_t living = 0;
    world_act_as_system(world);
    CHECK(world_try_create(&world->work, &system_settings_table, limit.cells) && settings_load(&world->work));
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    for (size_t i = 0; i < AT_ONCE; i++)
        racers[i] = (struct racer){ .act = enter, .whole = true, .data = &visits[i] };
    CHECK(run_race(world, racers, AT_ONCE) == AT_ONCE);
    CHECK(world_number(world, "SELECT count(*) FROM user_sessions WHERE is_active") == MOST);
    for (size_t i = 0; i < AT_ONCE; i++)
        living += identity_reaches(&world->work, visits[i].grant.access_token);
    CHECK(living == MOST);
    end_race(racers, AT_ONCE);
}

/* ---- Links ---- */

struct linking {
    const struct user *user;
    struct text token;
};

static bool mail_link(struct work *work, void *data)
{
    struct linking *linking = data;
    const struct link_holder holder = { .user_id = linking->user->id.text,
                                        .epoch = linking->user->session_epoch.integer };
    struct text url;
    if (!link_add(work, mail_kind_reset_password, &holder, 1'000, &url))
        return false;
    linking->token = text_slice(url, text_find_byte(url, '#') + 1, url.length);
    return true;
}

static bool choose_password(struct work *work, void *data)
{
    const struct linking *linking = data;
    struct opened_link link;
    struct user changes = { .password_hash = value_string("a hash") };
    return link_spend(work, LINK_CHOOSES_PASSWORD, linking->token, &link)
        && user_set_password(work, &link.user, &changes, false);
}

/* The first ends the epoch that all of them are of. */
TEST_IN_WORLD(of_several_links_to_a_new_password_at_once_one_is_good)
{
    IDENTITY;
    enum { LINKS = 6, ROUNDS = 5 };
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    for (int round = 0; round < ROUNDS; round++) {
        struct linking linkings[LINKS];
        struct racer racers[LINKS];
        identity_reload(&world->work, &user);
        for (size_t i = 0; i < LINKS; i++) {
            linkings[i] = (struct linking){ .user = &user };
            CHECK(db_transact(&world->work, mail_link, &linkings[i]));
            racers[i] = (struct racer){ .act = choose_password, .data = &linkings[i] };
        }
        CHECK(run_race(world, racers, LINKS) == 1);
        end_race(racers, LINKS);
    }
}

/* ---- Guessing ---- */

static bool guess(struct work *work, void *)
{
    struct grant grant;
    return identity_sign_in(work, "ana@nidia.test", "not-the-password", TEXT(""), &grant);
}

TEST_IN_WORLD(of_fifty_wrong_passwords_at_once_ten_are_looked_at)
{
    IDENTITY;
    enum { GUESSERS = 50, BUCKET = 10 };
    struct racer racers[GUESSERS];
    struct user user;
    size_t looked_at = 0, turned_away = 0;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    for (size_t i = 0; i < GUESSERS; i++)
        racers[i] = (struct racer){ .act = guess, .whole = true };
    CHECK(run_race(world, racers, GUESSERS) == 0);
    for (size_t i = 0; i < GUESSERS; i++) {
        looked_at += racers[i].code == ERROR_invalid_credentials;
        turned_away += racers[i].code == ERROR_rate_limited;
    }
    end_race(racers, GUESSERS);
    CHECK(looked_at == BUCKET && turned_away == GUESSERS - BUCKET);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'sign_in_failed'") == BUCKET);
}
