#include "identity/passkey_challenge.h"
#include "base/buffer.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "identity/throttle.h"
#include "record/site.h"

enum { NONCE_SIZE = 32, TIME_SIZE = 8, SAID_SIZE = NONCE_SIZE + TIME_SIZE };

static const char *const purposes[] = {
    [CHALLENGE_REGISTRATION] = "registration",
    [CHALLENGE_SIGN_IN] = "sign_in",
    [CHALLENGE_SECOND_FACTOR] = "second_factor",
};

/* Of nonce and time. */
static struct text covered_by_mac(struct work *work, const struct passkey_challenge *challenge,
                                  struct text said)
{
    struct buffer covered = { .arena = work->arena };
    buffer_print(&covered, "passkey challenge:%s:%.*s:", purposes[challenge->purpose],
                 TEXT_ARG(challenge->subject));
    buffer_add(&covered, said);
    return covered.text;
}

struct text challenge_make(struct work *work, const struct passkey_challenge *challenge)
{
    unsigned char nonce[NONCE_SIZE];
    struct buffer bytes = { .arena = work->arena };
    random_bytes(nonce, sizeof nonce);
    buffer_add(&bytes, TEXT_BYTES(nonce));
    for (int shift = 8 * (TIME_SIZE - 1); shift >= 0; shift -= 8)
        buffer_add_byte(&bytes, (char)((work->now + CHALLENGE_LIFE_MS) >> shift));
    struct text mac = mac_make(work->arena, work->site->keyring, covered_by_mac(work, challenge, bytes.text));
    buffer_add(&bytes, text_slice(mac, 0, MAC_SIZE_MIN));
    return base64url_encode(work->arena, bytes.text);
}

bool challenge_matches(struct work *work, const struct passkey_challenge *challenge, struct text given)
{
    struct text bytes;
    if (!base64url_decode(work->arena, given, &bytes) || bytes.length != SAID_SIZE + MAC_SIZE_MIN)
        return false;
    struct text said = text_slice(bytes, 0, SAID_SIZE), mac = text_slice(bytes, SAID_SIZE, bytes.length);
    uint64_t expires_ms = 0; /* a stranger's may be any number */
    for (size_t i = NONCE_SIZE; i < SAID_SIZE; i++)
        expires_ms = expires_ms << 8 | (unsigned char)said.data[i];
    return mac_matches(work->arena, work->site->keyring, covered_by_mac(work, challenge, said), mac)
        && work->now < (int64_t)expires_ms;
}

/* A bucket that holds one token, and has none again before the challenge is too old, whichever node's clock
 * is asked. */
bool challenge_spend(struct work *work, struct text given, bool *first)
{
    const struct bucket bucket = {
        .name = arena_format(work->arena, "passkey_challenge:%.*s", TEXT_ARG(given)),
        .capacity = 1,
        .refill_ms = INT64_C(2) * CHALLENGE_LIFE_MS,
    };
    int64_t wait_ms;
    if (!throttle_take(work, &bucket, &wait_ms))
        return false;
    *first = wait_ms == 0;
    return true;
}
