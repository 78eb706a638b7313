/* Passkeys: registered and used once, for this site, by their owner. */
#include "identity/passkey_factor.h"
#include "identity/passkey_proof.h"
#include "identity/relying_party.h"
#include "passkey_owner.h"
#include <string.h>

static bool settle(struct work *work, void *proof)
{
    return passkey_proof_settle(work, proof);
}

static const struct passkey_challenge signing_in = { CHALLENGE_SIGN_IN, { "", 0 } };

/* Why the answer is refused; "" where it proves who it is. */
static const char *judged(struct passkey_owner *owner, struct text answer)
{
    struct passkey_proof proof = { .credential = answer, .challenge = signing_in };
    struct work *work = &owner->world->work;
    error_clear(&work->error);
    work->now++; /* ids are ordered by time */
    if (!passkey_proof_read(work, &proof))
        return "failed";
    passkey_proof_judge(work, &proof);
    CHECK(db_transact(work, settle, &proof));
    return proof.refused ? proof.refused : "";
}

static const char *signed_now(struct passkey_owner *owner)
{
    struct text options = passkey_request(&owner->world->work, &signing_in, TEXT(""));
    return judged(owner, browser_sign(&owner->browser, options));
}

static bool is_unproven(struct passkey_owner *owner, const char *why)
{
    const struct error *error = &owner->world->work.error;
    return error->fault_count == 1 && error->faults[0].code == ERROR_passkey_unproven
        && strcmp(error->faults[0].pointer, "/credential") == 0 && strcmp(error->faults[0].about, why) == 0;
}

TEST_IN_WORLD(a_passkey_is_registered_and_proves_its_owner_again_and_again)
{
    OWNER("ana@nidia.test");
    struct user_passkey passkey = owner_register(&owner), after;
    CHECK(text_equal(passkey.user_id.text, owner.user.id.text) && value_is_true(passkey.user_verified));
    CHECK(is_choice(passkey.algorithm, passkey_algorithm, es256) && text_is(passkey.name.text, "Laptop"));
    for (int i = 0; i < 3; i++)
        CHECK(text_is(text_from(signed_now(&owner)), ""));
    CHECK(store_find_by(&world->work, &user_passkeys_table, "id", passkey.id, false, after.cells));
    CHECK(after.sign_count.integer == 4 && after.last_used_at.integer == world->work.now);
    CHECK(after.revision.integer == passkey.revision.integer);
}

TEST_IN_WORLD(what_the_browser_says_must_be_for_us_and_now)
{
    OWNER("ana@nidia.test");
    struct browser *browser = &owner.browser;
    struct user_passkey passkey;
    static const struct {
        const char *origin, *type, *more, *why;
    } lies[] = {
        { "http://localhost:8081", NULL, "", "wrong_origin" },
        { "https://localhost:8080", NULL, "", "wrong_origin" },
        { "http://localhost:8080.evil.test", NULL, "", "wrong_origin" },
        { "http://localhost:8080", "payment.get", "", "wrong_type" },
        { "http://localhost:8080", NULL, ",\"crossOrigin\":true", "wrong_origin" },
        { "http://localhost:8080", NULL, ",\"topOrigin\":\"http://localhost:8080\"", "wrong_origin" },
        { "http://localhost:8080", NULL, ",\"origin\":\"http://localhost:8080\"", "malformed_client_data" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        browser->origin = lies[i].origin;
        browser->type = lies[i].type;
        browser->more_client_data = lies[i].more;
        test_note("%s", lies[i].why);
        CHECK(!owner_try_register(&owner, browser_register(browser, owner_is_offered(&owner)), &passkey)
              && is_unproven(&owner, lies[i].why));
    }
    browser->origin = "http://localhost:8080";
    browser->type = NULL;
    browser->more_client_data = ",\"crossOrigin\":false,\"added\":[1]";
    owner_register(&owner);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        browser->origin = lies[i].origin;
        browser->type = lies[i].type;
        browser->more_client_data = lies[i].more;
        CHECK(text_is(text_from(signed_now(&owner)), lies[i].why));
    }
}

TEST_IN_WORLD(a_challenge_is_good_once_for_one_purpose_one_person_and_five_minutes)
{
    OWNER("ana@nidia.test");
    struct work *work = &world->work;
    struct user_passkey passkey;
    struct text options = owner_is_offered(&owner), answer = browser_register(&owner.browser, options);
    work->now += CHALLENGE_LIFE_MS;
    CHECK(!owner_try_register(&owner, answer, &passkey) && is_unproven(&owner, "void_challenge"));
    work->now -= 1;
    CHECK(owner_try_register(&owner, answer, &passkey));
    owner.browser.key.credential_id = "another";
    CHECK(!owner_try_register(&owner, browser_register(&owner.browser, options), &passkey)
          && is_unproven(&owner, "void_challenge"));

    struct text taken_elsewhere = owner_is_offered(&owner);
    work->actor.user_id = TEXT("00000000-0000-7000-8000-000000000000");
    CHECK(!owner_try_register(&owner, browser_register(&owner.browser, taken_elsewhere), &passkey)
          && is_unproven(&owner, "void_challenge"));
    work->actor.user_id = owner.user.id.text;
    owner.browser.key.credential_id = "ana@nidia.test";
    CHECK(text_is(text_from(judged(&owner, browser_sign(&owner.browser, owner_is_offered(&owner)))),
                  "void_challenge"));

    answer = browser_sign(&owner.browser, passkey_request(work, &signing_in, TEXT("")));
    CHECK(text_is(text_from(judged(&owner, answer)), ""));
    CHECK(text_is(text_from(judged(&owner, answer)), "void_challenge"));
    answer = browser_sign(&owner.browser, passkey_request(work, &signing_in, TEXT("")));
    work->now += CHALLENGE_LIFE_MS;
    CHECK(text_is(text_from(judged(&owner, answer)), "void_challenge"));
}

TEST_IN_WORLD(a_challenge_for_one_purpose_is_good_for_no_other)
{
    struct work *work = &world->work;
    for (enum challenge_purpose given = 0; given <= CHALLENGE_SECOND_FACTOR; given++) {
        const struct passkey_challenge made = { given, TEXT("somebody") };
        struct text challenge = challenge_make(work, &made);
        for (enum challenge_purpose used = 0; used <= CHALLENGE_SECOND_FACTOR; used++)
            CHECK(challenge_matches(work, &(struct passkey_challenge){ used, TEXT("somebody") }, challenge)
                  == (used == given));
        CHECK(!challenge_matches(work, &made, text_slice(challenge, 1, challenge.length)));
    }
}

TEST_IN_WORLD(another_key_another_person_and_an_unverified_one_prove_nobody)
{
    OWNER("ana@nidia.test");
    struct browser *browser = &owner.browser;
    owner_register(&owner);
    browser->key.credential_id = "nobodys";
    CHECK(text_is(text_from(signed_now(&owner)), "unknown_passkey"));
    browser->key.credential_id = "ana@nidia.test";

    [[gnu::cleanup(browser_destroy)]] struct browser other =
        browser_create(world->work.arena, WEBAUTHN_ES256, "ana@nidia.test");
    struct authenticator ours = browser->key;
    browser->key = other.key;
    CHECK(text_is(text_from(signed_now(&owner)), "wrong_signature"));
    browser->key = ours;

    struct text handle = browser->user_handle;
    browser->user_handle = TEXT("00000000-0000-7000-8000-000000000000");
    CHECK(text_is(text_from(signed_now(&owner)), "wrong_user"));
    browser->user_handle = TEXT("");
    CHECK(text_is(text_from(signed_now(&owner)), "wrong_user"));
    browser->user_handle = handle;
    browser->key.flags = AUTHENTICATOR_PRESENT;
    CHECK(text_is(text_from(signed_now(&owner)), "nobody_verified"));
}

TEST_IN_WORLD(a_key_that_was_registered_without_a_pin_is_one_factor_whatever_it_says_later)
{
    OWNER("ana@nidia.test");
    owner.browser.key.flags = AUTHENTICATOR_PRESENT;
    CHECK(!value_is_true(owner_register(&owner).user_verified));
    owner.browser.key.flags |= AUTHENTICATOR_VERIFIED;
    CHECK(text_is(text_from(signed_now(&owner)), "one_factor"));
}

TEST_IN_WORLD(a_count_that_goes_back_shows_a_clone_and_neither_is_accepted_again)
{
    OWNER("ana@nidia.test");
    bool enrolled;
    struct user_passkey passkey = owner_register(&owner), after;
    owner.browser.key.sign_count = 10;
    CHECK(text_is(text_from(signed_now(&owner)), ""));
    owner.browser.key.sign_count = 10; /* 11 again */
    CHECK(text_is(text_from(signed_now(&owner)), "cloned"));
    owner.browser.key.sign_count = 50;
    CHECK(text_is(text_from(signed_now(&owner)), "cloned"));
    CHECK(store_find_by(&world->work, &user_passkeys_table, "id", passkey.id, false, after.cells));
    CHECK(value_is_set(after.cloned_at) && after.sign_count.integer == 11);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'passkey_cloned'") == 1);
    CHECK(passkeys_are_enrolled(&world->work, owner.user.id.text, &enrolled) && !enrolled);
}

TEST_IN_WORLD(a_key_that_does_not_count_stays_at_nothing)
{
    OWNER("ana@nidia.test");
    owner.browser.key.sign_count = 0;
    owner_register(&owner);
    CHECK(text_is(text_from(signed_now(&owner)), "") && text_is(text_from(signed_now(&owner)), ""));
    owner.browser.key.sign_count = 5;
    CHECK(text_is(text_from(signed_now(&owner)), ""));
    owner.browser.key.sign_count = 0;
    CHECK(text_is(text_from(signed_now(&owner)), "cloned"));
}

TEST_IN_WORLD(a_person_has_so_many_passkeys_and_each_once)
{
    OWNER("ana@nidia.test");
    struct user_passkey passkey;
    struct work *work = &world->work;
    owner_register(&owner);
    CHECK(!owner_try_register(&owner, browser_register(&owner.browser, owner_is_offered(&owner)), &passkey)
          && work->error.faults[0].code == ERROR_taken
          && text_is(text_from(work->error.faults[0].pointer), "/credential/id"));
    for (int i = 1; i < PASSKEYS_MAX; i++) {
        owner.browser.key.credential_id = arena_format(work->arena, "key %d", i).data;
        owner_register(&owner);
    }
    owner.browser.key.credential_id = "one too many";
    CHECK(!owner_try_register(&owner, browser_register(&owner.browser, owner_is_offered(&owner)), &passkey)
          && work->error.code == ERROR_limit_reached);
    CHECK(text_contains(owner_is_offered(&owner),
                        TEXT("excludeCredentials\":[{\"type\":\"public-key\",\"id\":\"")));
}

TEST_IN_WORLD(a_passkey_is_known_by_the_id_that_its_device_gave_it)
{
    OWNER("ana@nidia.test");
    struct user_passkey passkey;
    struct text answer = browser_register(&owner.browser, owner_is_offered(&owner)), rest = answer;
    text_cut(&rest, ','); /* {"id":"..." */
    struct text claimed = arena_format(world->work.arena, "{\"id\":\"AAAA\",%.*s", TEXT_ARG(rest));
    CHECK(!owner_try_register(&owner, claimed, &passkey) && is_unproven(&owner, "wrong_id"));
    CHECK(owner_try_register(&owner, answer, &passkey));
}

TEST_IN_WORLD(every_text_of_an_answer_has_a_limit_and_faults_name_their_place)
{
    OWNER("ana@nidia.test");
    struct user_passkey passkey;
    struct work *work = &world->work;
    const struct error *error = &work->error;
    CHECK(!owner_try_register(&owner, TEXT("{}"), &passkey) && error->fault_count == 3);
    CHECK(strcmp(error->faults[0].pointer, "/credential/id") == 0 && error->faults[0].code == ERROR_required);
    CHECK(!owner_try_register(
        &owner, TEXT("{\"id\":7,\"response\":{\"clientDataJSON\":\"a\",\"attestationObject\":\"+/\"}}"),
        &passkey));
    CHECK(error->faults[0].code == ERROR_wrong_type && error->faults[1].code == ERROR_malformed
          && strcmp(error->faults[2].pointer, "/credential/response/attestationObject") == 0);
    struct text zeros = arena_format(work->arena, "%013000d", 0);
    struct text answer = arena_format(work->arena,
                                      "{\"id\":\"%.*s\",\"response\":{\"clientDataJSON\":\"%.*s\","
                                      "\"attestationObject\":\"%.*s\"}}",
                                      TEXT_ARG(zeros), TEXT_ARG(zeros), TEXT_ARG(zeros));
    CHECK(!owner_try_register(&owner, answer, &passkey) && error->fault_count == 3);
    for (size_t i = 0; i < error->fault_count; i++)
        CHECK(error->faults[i].code == ERROR_too_long);
    CHECK(strcmp(judged(&owner, TEXT("{\"id\":\"AA\"}")), "failed") == 0 && error->fault_count == 3);
}

TEST_IN_WORLD(the_relying_party_is_where_the_world_reaches_us)
{
    static const struct {
        const char *url, *id, *origin;
    } cases[] = {
        { "", "localhost", "http://localhost:8080" },
        { "https://Admin.Example.com", "admin.example.com", "https://admin.example.com" },
        { "https://admin.example.com:443/panel/", "admin.example.com", "https://admin.example.com" },
        { "https://admin.example.com:8443/panel", "admin.example.com", "https://admin.example.com:8443" },
        { "http://localhost:80", "localhost", "http://localhost" },
        { "http://[::1]:8080", "[::1]", "http://[::1]:8080" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world->options.values[OPTION_public_url] = cases[i].url;
        struct relying_party party = relying_party_of(&world->work);
        test_note("%s: %.*s, %.*s", cases[i].url, TEXT_ARG(party.id), TEXT_ARG(party.origin));
        CHECK(text_is(party.id, cases[i].id) && text_is(party.origin, cases[i].origin));
    }
}
