/* What is stored follows a change of the ring, and a key goes only once nothing needs it. */
#include "base/calendar.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "identity/key_retirement.h"
#include "identity/revocation.h"
#include "identity_world.h"
#include "record/key_use.h"
#include "record/sealed_anew.h"
#include "record/subject.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define OLD_SEAL   "seal s1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define OLD_PEPPER "pepper p1 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
#define OLD_SIGN   "sign g1 QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"
#define OLD_COOKIE "cookie c1 YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8"
#define NEW        " AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
/* The world's keys behind new ones, since ten minutes after the world began. */
#define SINCE " 2026-09-21T14:23:20.000Z\n"
#define ROTATED                                                                                              \
    "seal s2" NEW OLD_SEAL SINCE "pepper p2" NEW OLD_PEPPER SINCE "sign g2" NEW OLD_SIGN SINCE               \
    "cookie c2" NEW OLD_COOKIE SINCE
#define WITHOUT "seal s2" NEW "pepper p2" NEW "sign g2" NEW "cookie c2" NEW

enum { REPLIES = 1'050 }; /* more than one run seals anew */

/* The program's seal(), as the linker has it here: it errs when it is told to. */
static enum { SEALS_WELL, SEALS_ANOTHER_TEXT, SEALS_FOR_ANOTHER_PLACE } sealing;
struct text __real_seal(struct arena *, const struct keyring *, struct text plain, struct text place);
struct text __wrap_seal(struct arena *, const struct keyring *, struct text plain, struct text place);

struct text __wrap_seal(struct arena *arena, const struct keyring *keyring, struct text plain,
                        struct text place)
{
    return __real_seal(arena, keyring, sealing == SEALS_ANOTHER_TEXT ? TEXT("another") : plain,
                       sealing == SEALS_FOR_ANOTHER_PLACE ? TEXT("another") : place);
}

static void change_ring(struct world *world, const char *ring)
{
    struct error error = {};
    keyring_close(world->site.keyring);
    CHECK(keyring_read(&world->site.keyring, text_from(ring), &error));
}

static struct text reply_place(struct arena *arena, int number)
{
    return arena_format(arena, "idempotency_keys.body:system:%d", number);
}

static bool keep_replies(struct work *work, void *)
{
    for (int i = 0; i < REPLIES; i++) {
        struct text key = arena_format(work->arena, "%d", i);
        struct idempotency_key row = {
            .id = value_text(random_uuid(work->arena, work->now)),
            .actor = value_string("system"),
            .key = value_text(key),
            .request_hash = value_string("0000000000000000000000000000000000000000000000000000000000000000"),
            .status = value_integer(201),
            .body = value_text(seal(work->arena, work->site->keyring, key, reply_place(work->arena, i))),
            .expires_at = value_time(work->now + DAY_MS),
        };
        if (!store_create(work, &idempotency_keys_table, row.cells))
            return false;
    }
    return true;
}

static int64_t count_under(struct world *world, const char *key)
{
    return world_number(world,
                        arena_format(world->work.arena,
                                     "SELECT count(*) FROM idempotency_keys WHERE body LIKE 'v1.%s.%%'", key)
                            .data);
}

static bool may_retire(struct world *world, enum key_purpose purpose, const char *id)
{
    error_clear(&world->work.error);
    return key_may_retire(&world->work, purpose, text_from(id));
}

static bool is_refused(struct world *world, enum key_purpose purpose, const char *id, const char *why)
{
    return !may_retire(world, purpose, id) && world->work.error.code == ERROR_conflict
        && strstr(world->work.error.about, why);
}

TEST_IN_WORLD(what_is_sealed_is_sealed_anew_run_by_run_and_opens_as_before)
{
    IDENTITY;
    struct work *work = &world->work;
    struct key before, after;
    struct text subject = random_uuid(work->arena, work->now), plain;
    CHECK(db_transact(work, keep_replies, NULL));
    struct user user;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(world_number(world, "SELECT count(*) FROM subject_keys") > 0);
    subject = cell_text(world_ask(world, "SELECT subject_id FROM subject_keys ORDER BY id LIMIT 1"));
    CHECK(subject_key(work, subject, &before));

    CHECK(sealed_anew(work) && count_under(world, "s1") == REPLIES); /* there is one key alone */
    change_ring(world, ROTATED);
    CHECK(is_refused(world, KEY_SEAL, "s1", "1050 of idempotency_keys.body"));
    CHECK(sealed_anew(work) && count_under(world, "s2") > 0 && count_under(world, "s1") > 0);
    CHECK(is_refused(world, KEY_SEAL, "s1", " of idempotency_keys.body"));
    CHECK(sealed_anew(work) && count_under(world, "s2") == REPLIES);
    CHECK(may_retire(world, KEY_SEAL, "s1"));

    change_ring(world, WITHOUT);
    subject_cache_forget(world->site.subjects, subject);
    CHECK(subject_key(work, subject, &after) && memcmp(before.bytes, after.bytes, KEY_SIZE) == 0);
    struct text sealed = cell_text(world_ask(world, "SELECT body FROM idempotency_keys WHERE key = '7'"));
    CHECK(unseal(work->arena, work->site->keyring, sealed, reply_place(work->arena, 7), &plain, &work->error)
          && text_is(plain, "7"));
}

TEST_IN_WORLD(what_does_not_open_as_before_never_takes_the_place_of_what_does)
{
    struct work *work = &world->work;
    CHECK(db_transact(work, keep_replies, NULL));
    change_ring(world, ROTATED);
    for (sealing = SEALS_ANOTHER_TEXT; sealing <= SEALS_FOR_ANOTHER_PLACE; sealing++) {
        error_clear(&work->error);
        CHECK(!sealed_anew(work) && work->error.code);
    }
    sealing = SEALS_WELL;
    CHECK(count_under(world, "s1") == REPLIES);
    error_clear(&work->error);
    CHECK(sealed_anew(work) && count_under(world, "s2") > 0);
}

/* Another node, which still seals under the old key, writes again and again and looks whether it stays. */
struct writing {
    struct world *world;
    struct keyring *old;
    int number;
    atomic_bool ends;
    atomic_int lost;
};

static bool write_again(struct work *work, void *data)
{
    const struct writing *writing = data;
    struct text plain = arena_format(work->arena, "%d", writing->number), place = reply_place(work->arena, 7);
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE idempotency_keys SET body = $1 WHERE key = '7'",
                  PARAMETERS(value_text(seal(work->arena, writing->old, plain, place))));
}

static bool stays(struct work *work, const struct writing *writing)
{
    struct result result;
    struct text plain;
    int64_t number = -1;
    return db_run(work->db, work->arena, &result, &work->error,
                  "SELECT body FROM idempotency_keys WHERE key = '7'", NO_PARAMETERS)
        && unseal(work->arena, work->site->keyring, cell_text(result.cells[0]), reply_place(work->arena, 7),
                  &plain, &work->error)
        && text_to_integer(plain, &number) && number == writing->number;
}

static void *write_often(void *data)
{
    enum { TIMES = 300 };
    struct writing *writing = data;
    struct work *work = world_add_work(writing->world);
    while (writing->number++ < TIMES)
        if (!db_transact(work, write_again, writing) || !stays(work, writing))
            atomic_fetch_add(&writing->lost, 1);
    atomic_store(&writing->ends, true);
    world_end_work(work);
    return NULL;
}

TEST_IN_WORLD(what_is_written_meanwhile_is_never_put_back)
{
    struct work *work = &world->work;
    struct error error = {};
    struct writing writing = { .world = world };
    pthread_t thread;
    CHECK(db_transact(work, keep_replies, NULL));
    scratch_script(&world->scratch, "DELETE FROM idempotency_keys WHERE key <> '7'");
    change_ring(world, ROTATED);
    CHECK(keyring_read(&writing.old, TEXT(OLD_SEAL "\n" OLD_PEPPER "\n" OLD_SIGN "\n" OLD_COOKIE), &error));
    pthread_create(&thread, NULL, write_often, &writing);
    while (!atomic_load(&writing.ends))
        CHECK(sealed_anew(work));
    pthread_join(thread, NULL);
    CHECK(atomic_load(&writing.lost) == 0);
    CHECK(sealed_anew(work) && count_under(world, "s2") == 1);
    keyring_close(writing.old);
}

TEST_IN_WORLD(what_no_key_opens_stays_is_counted_and_holds_nothing_else_up)
{
    struct work *work = &world->work;
    struct key_uses uses;
    CHECK(db_transact(work, keep_replies, NULL));
    scratch_script(&world->scratch, "UPDATE idempotency_keys SET body = 'v1.gone.AAAA' WHERE key <> '7'");
    change_ring(world, ROTATED);
    CHECK(sealed_anew(work) && count_under(world, "s2") == 1 && count_under(world, "gone") == REPLIES - 1);
    CHECK(key_uses_read(work, KEYS_ALL, &uses) && uses.count == 2);
    for (size_t i = 0; i < uses.count; i++) {
        bool is_gone = strcmp(uses.list[i].key_id, "gone") == 0;
        CHECK(uses.list[i].is_lost == is_gone && uses.list[i].count == (is_gone ? REPLIES - 1 : 1));
    }
    CHECK(may_retire(world, KEY_SEAL, "s1"));
    /* Under a key of the ring, and yet it does not open: then nothing is taken out. */
    scratch_script(&world->scratch, "UPDATE idempotency_keys SET body = 'v1.s2.AAAA' WHERE key = '7'");
    CHECK(is_refused(world, KEY_SEAL, "s1", "do not open"));
}

TEST_IN_WORLD(a_pepper_goes_when_everybody_has_signed_in_again)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    change_ring(world, ROTATED);
    CHECK(is_refused(world, KEY_PEPPER, "p1", "1 of users.password_hash"));
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    world_act_as_system(world);
    CHECK(may_retire(world, KEY_PEPPER, "p1"));
    CHECK(is_refused(world, KEY_PEPPER, "p2", "1 of users.password_hash"));
}

TEST_IN_WORLD(a_signing_key_goes_when_its_last_token_has_expired)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    change_ring(world, ROTATED);
    CHECK(identity_reaches(&world->work, grant.access_token)); /* the old one's tokens are still good */
    world_act_as_system(world);
    int64_t replaced_at = keyring_find(world->site.keyring, KEY_SIGN, TEXT("g1"))->replaced_at;
    world->work.now = replaced_at + 15 * MINUTE_MS - 1; /* leases live longer than access tokens */
    CHECK(is_refused(world, KEY_SIGN, "g1", "are good until"));
    world->work.now++;
    CHECK(may_retire(world, KEY_SIGN, "g1"));
}

TEST_IN_WORLD(a_cookie_key_goes_when_no_session_has_a_token_of_it)
{
    IDENTITY;
    struct user user;
    struct grant grant, next;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(identity_sign_in(&world->work, "ana@nidia.test", PASSWORD, TEXT(""), &grant));
    change_ring(world, ROTATED);
    world->work.now += HOUR_MS;
    CHECK(is_refused(world, KEY_COOKIE, "c1", "1 sessions"));
    CHECK(identity_refresh(&world->work, grant.refresh_token, &next));
    world_act_as_system(world);
    CHECK(may_retire(world, KEY_COOKIE, "c1"));
    CHECK(!may_retire(world, KEY_COOKIE, "c9") && world->work.error.code == ERROR_not_found);
}

TEST_IN_WORLD(a_cookie_key_stays_while_a_database_bears_its_mark)
{
    struct database_host host = { .name = value_string("norte") };
    struct tenant early, late;
    world_create(world, &database_hosts_table, host.cells);
    world_add_tenant(world, "early", &early);
    scratch_script(&world->scratch, "UPDATE tenants SET db_name = 'tenant_' || substr(CAST(id AS text), 25), "
                                    "database_host_id = (SELECT id FROM database_hosts)");
    change_ring(world, ROTATED);
    world->work.now += HOUR_MS;
    CHECK(is_refused(world, KEY_COOKIE, "c1", "the marks of 1 databases"));
    scratch_script(&world->scratch, "UPDATE tenants SET database_host_id = NULL");
    CHECK(may_retire(world, KEY_COOKIE, "c1"));
    /* Of the pool, and so made before its tenant. */
    world_add_tenant(world, "late", &late);
    scratch_script(&world->scratch, "UPDATE tenants SET db_name = 'tenant_0123456789ab', database_host_id = "
                                    "(SELECT id FROM database_hosts) WHERE slug = 'late'");
    CHECK(is_refused(world, KEY_COOKIE, "c1", "the marks of 1 databases"));
}
