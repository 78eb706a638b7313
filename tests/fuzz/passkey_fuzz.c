/*
 * What a browser answers for its authenticator. The first byte says what it was asked for, and whether the
 * rest is all that it answers or, of that, what it says itself. What is read keeps within its limits; what is
 * believed answers a challenge of ours, for this and nothing else.
 */
#include "identity/passkey_answer.h"
#include "record/site.h"
#include "ring.h"
#include "settings/options.h"
#include "json/json.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t now_ms = 1'767'225'600'000;

static void check_refused(const struct error *error)
{
    assert(error->code == ERROR_malformed_json || error->fault_count > 0);
    for (size_t i = 0; i < error->fault_count; i++)
        assert(text_starts(text_from(error->faults[i].pointer), TEXT("/credential/")));
}

static void read_all(struct work *work, struct text bytes, enum challenge_purpose purpose)
{
    struct passkey_answer answer;
    struct json transports;
    if (!passkey_answer_read(work, bytes, purpose, &answer)) {
        check_refused(&work->error);
        return;
    }
    bool read = json_read(answer.transports, work->arena, &transports, &work->error);
    assert(read && transports.kind == JSON_ARRAY && transports.count <= 8);
    assert(answer.id.length <= 1'364 && answer.client_data.length <= 4'096);
    assert(purpose == CHALLENGE_REGISTRATION || answer.attestation_object.length == 0);
}

static void judge(struct work *work, struct text bytes, enum challenge_purpose purpose)
{
    struct passkey_answer answer = { .client_data = bytes };
    struct passkey_challenge challenge = { purpose, TEXT("") };
    if (passkey_answer_judge(work, &challenge, &answer))
        return;
    for (challenge.purpose = 0; challenge.purpose <= CHALLENGE_SECOND_FACTOR; challenge.purpose++)
        assert(challenge_matches(work, &challenge, answer.challenge) == (challenge.purpose == purpose));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct options options = { .values = { [OPTION_public_url] = "http://localhost:8080" } };
    struct site site = { .options = &options, .keyring = ring() };
    struct work work = { .arena = arena, .site = &site, .now = now_ms };
    struct text bytes = { (const char *)data + 1, size - 1 };
    enum challenge_purpose purpose = data[0] % 4 % 3;
    if (data[0] & 4)
        judge(&work, bytes, purpose);
    else
        read_all(&work, bytes, purpose);
    return 0;
}
