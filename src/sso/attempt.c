#include "sso/attempt.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "record/site.h"

enum { SECRET_SIZE = 32, COOKIE_LENGTH_MAX = 4'000 };

static const struct text place = TEXT_CONSTANT("sign-in at an identity provider");

void attempt_make(struct work *work, struct attempt *attempt)
{
    attempt->state = random_token(work->arena, SECRET_SIZE);
    attempt->nonce = random_token(work->arena, SECRET_SIZE);
    attempt->verifier = random_token(work->arena, SECRET_SIZE);
    attempt->begun_ms = work->now;
}

struct text attempt_challenge(struct work *work, const struct attempt *attempt)
{
    unsigned char digest[SHA256_SIZE];
    sha256(attempt->verifier, digest);
    return base64url_encode(work->arena, TEXT_BYTES(digest));
}

/* No part but the last holds a space. */
struct text attempt_seal(struct work *work, const struct attempt *attempt)
{
    struct text plain =
        arena_format(work->arena, "%.*s %.*s %.*s %.*s %lld %lld %.*s %.*s", TEXT_ARG(attempt->provider_id),
                     TEXT_ARG(attempt->state), TEXT_ARG(attempt->nonce), TEXT_ARG(attempt->verifier),
                     (long long)attempt->begun_ms, (long long)attempt->max_age_seconds,
                     TEXT_ARG(attempt->device), TEXT_ARG(attempt->return_to));
    return seal(work->arena, work->site->keyring, plain, place);
}

bool attempt_open(struct work *work, struct text cookie, struct attempt *attempt)
{
    struct text rest;
    struct error ignored = {};
    if (cookie.length == 0 || cookie.length > COOKIE_LENGTH_MAX
        || !unseal(work->arena, work->site->keyring, cookie, place, &rest, &ignored))
        return false;
    attempt->provider_id = text_cut(&rest, ' ');
    attempt->state = text_cut(&rest, ' ');
    attempt->nonce = text_cut(&rest, ' ');
    attempt->verifier = text_cut(&rest, ' ');
    struct text begun = text_cut(&rest, ' '), max_age = text_cut(&rest, ' ');
    attempt->device = text_cut(&rest, ' ');
    attempt->return_to = rest;
    return text_to_integer(begun, &attempt->begun_ms) && text_to_integer(max_age, &attempt->max_age_seconds)
        && work->now < attempt->begun_ms + ATTEMPT_LIFE_SECONDS * INT64_C(1000);
}
