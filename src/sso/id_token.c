#include "sso/id_token.h"
#include "crypto/hash.h"
#include "record/site.h"
#include "settings/settings.h"
#include "sso/provider.h"

enum { SUBJECT_LENGTH_MAX = 255 };

#define AUTH_TIME TEXT("auth_time")

struct claims_expected claims_expected_of(struct work *work, const struct provider *provider,
                                          struct text nonce)
{
    return (struct claims_expected){
        .issuer = provider->row.issuer.text,
        .client_id = provider->row.client_id.text,
        .nonce = nonce,
        .now_ms = work->now,
        .skew_ms = settings_integer(work->site->settings, SETTING_sso_clock_skew_seconds) * 1'000,
    };
}

static bool is_issuer(const struct json *claims, const struct claims_expected *expected)
{
    return text_equal(json_member_text(claims, "iss"), expected->issuer);
}

/* To us: alone, or among others where it is we who asked for it (azp). */
static bool is_audience(const struct json *claims, const struct claims_expected *expected)
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

static bool is_unexpired(const struct json *claims, const struct claims_expected *expected)
{
    int64_t expires_ms;
    return read_time(claims, TEXT("exp"), &expires_ms) && expected->now_ms < expires_ms + expected->skew_ms;
}

static bool has_begun(const struct json *claims, const struct claims_expected *expected)
{
    int64_t issued_ms, begins_ms;
    if (!read_time(claims, TEXT("iat"), &issued_ms) || issued_ms > expected->now_ms + expected->skew_ms)
        return false;
    return !json_member(claims, TEXT("nbf"))
        || (read_time(claims, TEXT("nbf"), &begins_ms) && begins_ms <= expected->now_ms + expected->skew_ms);
}

static bool is_answer(const struct json *claims, const struct claims_expected *expected)
{
    return secret_equal(json_member_text(claims, "nonce"), expected->nonce);
}

static bool has_subject(const struct json *claims, const struct claims_expected *)
{
    struct text subject = json_member_text(claims, "sub");
    return subject.length > 0 && subject.length <= SUBJECT_LENGTH_MAX;
}

/* A provider that was asked may tell nothing all the same: what follows from that is for others to say,
 * unless the person had to be recognised anew. */
static bool is_recent(const struct json *claims, const struct claims_expected *expected)
{
    int64_t at_ms;
    if (!json_member(claims, AUTH_TIME))
        return !expected->tells_when;
    return read_time(claims, AUTH_TIME, &at_ms) && at_ms + expected->skew_ms >= expected->recognised_since_ms
        && at_ms <= expected->now_ms + expected->skew_ms;
}

struct value id_token_auth_time(const struct json *claims, int64_t now_ms)
{
    int64_t at_ms;
    if (!read_time(claims, AUTH_TIME, &at_ms))
        return value_null();
    return value_time(at_ms < now_ms ? at_ms : now_ms);
}

/* It tells that a session, or all of somebody's, are over. */
static bool tells_logout(const struct json *claims, const struct claims_expected *)
{
    static const char event[] = "http://schemas.openid.net/event/backchannel-logout";
    const struct json *events = json_member(claims, TEXT("events"));
    return events && json_member(events, text_from(event))
        && (json_member_text(claims, "sid").length > 0 || json_member_text(claims, "sub").length > 0);
}

struct check {
    bool (*is_good)(const struct json *claims, const struct claims_expected *expected);
    const char *fault;
};

static const char *first_fault(const struct check *checks, const struct json *claims,
                               const struct claims_expected *expected)
{
    while (checks->is_good && checks->is_good(claims, expected))
        checks++;
    return checks->fault;
}

#define CHECKS_OF_BOTH                                                                                       \
    { is_issuer, "another issuer" }, { is_audience, "meant for somebody else" },                             \
        { is_answer, "another nonce" }, { is_unexpired, "expired" },                                         \
    {                                                                                                        \
        has_begun, "from the future"                                                                         \
    }

const char *id_token_fault(const struct json *claims, const struct claims_expected *expected)
{
    static const struct check checks[] = {
        CHECKS_OF_BOTH, { has_subject, "nobody is named" }, { is_recent, "not recognised lately" }, {}
    };
    return first_fault(checks, claims, expected);
}

const char *logout_token_fault(const struct json *claims, const struct claims_expected *expected)
{
    static const struct check checks[] = { CHECKS_OF_BOTH, { tells_logout, "no logout is told of" }, {} };
    return first_fault(checks, claims, expected);
}
