#include "sso/id_token.h"
#include "crypto/hash.h"

enum { SUBJECT_LENGTH_MAX = 255 };

static bool is_issuer(const struct json *claims, const struct id_token_expected *expected)
{
    return text_equal(json_member_text(claims, "iss"), expected->issuer);
}

/* To us: alone, or among others where it is we who asked for it (azp). */
static bool is_audience(const struct json *claims, const struct id_token_expected *expected)
{
    const struct json *audience = json_member(claims, TEXT("aud"));
    const struct json *party = json_member(claims, TEXT("azp"));
    bool names_us = false, names_others = false;
    if (!audience || (party && !text_equal(json_member_text(claims, "azp"), expected->client_id)))
        return false;
    if (audience->kind == JSON_TEXT)
        return text_equal(audience->text, expected->client_id);
    for (size_t i = 0; audience->kind == JSON_ARRAY && i < audience->count; i++) {
        const struct json *one = &audience->items[i];
        bool is_ours = one->kind == JSON_TEXT && text_equal(one->text, expected->client_id);
        names_us |= is_ours;
        names_others |= !is_ours;
    }
    return names_us && (!names_others || party);
}

/* Seconds, perhaps with a fraction, as milliseconds. */
static bool read_time(const struct json *claims, struct text name, int64_t *time_ms)
{
    enum { YEAR_10000_S = 253'402'300 };
    const struct json *member = json_member(claims, name);
    int64_t seconds;
    if (!member || member->kind != JSON_NUMBER || !json_integer(member, &seconds) || seconds < 0
        || seconds / 1'000 > YEAR_10000_S)
        return false;
    *time_ms = seconds * 1'000;
    return true;
}

static bool is_unexpired(const struct json *claims, const struct id_token_expected *expected)
{
    int64_t expires_ms;
    return read_time(claims, TEXT("exp"), &expires_ms) && expected->now_ms < expires_ms + expected->skew_ms;
}

static bool has_begun(const struct json *claims, const struct id_token_expected *expected)
{
    int64_t issued_ms, begins_ms;
    if (!read_time(claims, TEXT("iat"), &issued_ms) || issued_ms > expected->now_ms + expected->skew_ms)
        return false;
    return !json_member(claims, TEXT("nbf"))
        || (read_time(claims, TEXT("nbf"), &begins_ms) && begins_ms <= expected->now_ms + expected->skew_ms);
}

static bool is_answer(const struct json *claims, const struct id_token_expected *expected)
{
    return secret_equal(json_member_text(claims, "nonce"), expected->nonce);
}

static bool has_subject(const struct json *claims, const struct id_token_expected *)
{
    struct text subject = json_member_text(claims, "sub");
    return subject.length > 0 && subject.length <= SUBJECT_LENGTH_MAX;
}

const char *id_token_fault(const struct json *claims, const struct id_token_expected *expected)
{
    static const struct {
        bool (*is_good)(const struct json *claims, const struct id_token_expected *expected);
        const char *fault;
    } checks[] = {
        { is_issuer, "another issuer" },  { is_audience, "meant for somebody else" },
        { is_answer, "another nonce" },   { is_unexpired, "expired" },
        { has_begun, "from the future" }, { has_subject, "nobody is named" },
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!checks[i].is_good(claims, expected))
            return checks[i].fault;
    return NULL;
}
