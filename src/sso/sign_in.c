#include "sso/sign_in.h"
#include "base/calendar.h"
#include "base/metrics.h"
#include "base/percent.h"
#include "crypto/hash.h"
#include "identity/amr.h"
#include "identity/known_device.h"
#include "identity/throttle.h"
#include "record/audit.h"
#include "record/site.h"
#include "record/store.h"
#include "record/transact.h"
#include "sso/attempt.h"
#include "sso/ending.h"
#include "sso/exchange.h"
#include "sso/id_token.h"
#include "sso/provider.h"
#include "sso/staff.h"

enum { TEN_MINUTES_MS = 10 * MINUTE_MS, REFUSAL_LENGTH_MAX = 60 };

/* ---- Throttling: each call costs a question to the provider ---- */

struct counting {
    struct bucket bucket;
    int64_t wait_ms;
};

static bool take(struct work *work, void *data)
{
    struct counting *counting = data;
    return throttle_take(work, &counting->bucket, &counting->wait_ms);
}

static struct bucket address_bucket(struct work *work)
{
    struct text network = throttle_network(work->arena, work->origin.address);
    return throttle_bucket(work, arena_format(work->arena, "sso:address:%.*s", TEXT_ARG(network)),
                           SETTING_sign_ins_per_address, TEN_MINUTES_MS);
}

static bool take_token(struct work *work)
{
    struct counting counting = { .bucket = address_bucket(work) };
    if (!db_transact(work, take, &counting))
        return false;
    if (counting.wait_ms == 0)
        return true;
    metric_add(METRIC_sign_ins_throttled_total, 1);
    fail(&work->error, ERROR_rate_limited, "");
    work->error.retry_after_seconds = (int)((counting.wait_ms + 999) / 1000);
    return false;
}

/* ---- Going there ---- */

/* A place of ours, and nothing that a browser could take for another's. */
static bool is_own_path(struct text path)
{
    return text_starts(path, TEXT("/")) && !text_starts(path, TEXT("//"))
        && text_consists_of(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?&=%#");
}

static void add_parameter(struct buffer *url, const char *name, struct text value)
{
    buffer_print(url, "%s%s=", text_find_byte(url->text, '?') < url->length ? "&" : "?", name);
    percent_encode(url, value);
}

static struct text authorization_url(struct work *work, const struct provider *provider,
                                     const struct attempt *attempt)
{
    struct buffer url = { .arena = work->arena };
    buffer_add(&url, provider->authorization_endpoint);
    add_parameter(&url, "response_type", TEXT("code"));
    add_parameter(&url, "client_id", provider->row.client_id.text);
    add_parameter(&url, "redirect_uri", provider_return_url(work, provider->row.name.text));
    add_parameter(&url, "scope", provider->row.scopes.text);
    add_parameter(&url, "state", attempt->state);
    add_parameter(&url, "nonce", attempt->nonce);
    add_parameter(&url, "code_challenge", attempt_challenge(work, attempt));
    add_parameter(&url, "code_challenge_method", TEXT("S256"));
    add_parameter(&url, "max_age", arena_format(work->arena, "%lld", (long long)attempt->max_age_seconds));
    if (attempt->max_age_seconds == 0)
        add_parameter(&url, "prompt", TEXT("login"));
    return url.text;
}

/* Nobody comes in on a sign-in there that is older than a session may be here. */
static int64_t max_age_of(struct work *work, const struct sso_wish *wish)
{
    int64_t minutes = settings_integer(work->site->settings, SETTING_session_absolute_minutes);
    return wish->prompt.length > 0 ? 0 : minutes * (MINUTE_MS / 1000);
}

bool sso_begin(struct work *work, const struct sso_wish *wish, struct sso_beginning *beginning)
{
    struct provider provider;
    struct attempt attempt = {
        .device = wish->device,
        .return_to = wish->return_to.length > 0 ? wish->return_to : TEXT("/"),
        .max_age_seconds = max_age_of(work, wish),
    };
    if (!is_own_path(attempt.return_to))
        return fail(&work->error, ERROR_malformed_value, "a path of this place");
    if (wish->prompt.length > 0 && !text_is(wish->prompt, "login"))
        return fail(&work->error, ERROR_malformed_value, "login");
    if (!take_token(work) || !provider_find(work, wish->provider, &provider)
        || !provider_discover(work, &provider))
        return false;
    attempt.provider_id = provider.row.id.text;
    attempt_make(work, &attempt);
    *beginning =
        (struct sso_beginning){ authorization_url(work, &provider, &attempt), attempt_seal(work, &attempt) };
    return true;
}

/* ---- Coming back ---- */

/* From the answer to the session. */
struct coming {
    const struct provider *provider;
    const struct attempt *attempt;
    const struct said *said;
    struct user user;
    struct entry *entry;
    const struct refusal *refused;
};

/* It is an answer to what this browser asked, given by the one whom it asked. */
static bool check_answer(struct work *work, const struct sso_answer *answer, const struct provider *provider,
                         const struct attempt *attempt)
{
    bool is_here = text_equal(attempt->provider_id, provider->row.id.text)
                && secret_equal(answer->state, attempt->state);
    bool is_named = answer->issuer.length > 0 || !provider->names_itself;
    if (!is_here)
        return fail(&work->error, ERROR_sso_attempt_void, "");
    if (!is_named || (answer->issuer.length > 0 && !text_equal(answer->issuer, provider->row.issuer.text)))
        return fail(&work->error, ERROR_sso_untrusted, "another issuer");
    if (answer->error.length == 0 && answer->code.length > 0)
        return true;
    bool is_word = answer->error.length <= REFUSAL_LENGTH_MAX
                && text_consists_of(answer->error, "abcdefghijklmnopqrstuvwxyz_");
    struct text word = is_word ? answer->error : TEXT("no code");
    return fail(&work->error, ERROR_sso_refused, "%.*s", TEXT_ARG(word));
}

static bool audit_refusal(struct work *work, const struct coming *coming)
{
    struct text user_id = cell_text(coming->user.id);
    const struct audit_entry entry = {
        .action = "sign_in_failed",
        .entity_type = "users",
        .entity_id = user_id,
        .user_id = user_id,
        .outcome = "denied",
        .metadata = arena_format(work->arena, "{\"provider\":\"%.*s\",\"reason\":\"%s\"}",
                                 TEXT_ARG(coming->provider->row.name.text), coming->refused->reason),
    };
    work_count(work, METRIC_sign_in_failures_total);
    return audit_event(work, &entry);
}

/* By two factors, where the provider says so (RFC 8176). */
static unsigned amr_of(const struct said *said)
{
    const struct json *methods = json_member(&said->claims, TEXT("amr"));
    unsigned amr = AMR_FEDERATED;
    for (size_t i = 0; methods && methods->kind == JSON_ARRAY && i < methods->count; i++)
        if (methods->items[i].kind == JSON_TEXT && text_is(methods->items[i].text, "mfa"))
            amr |= AMR_TWO_FACTORS;
    return amr;
}

static bool let_in(struct work *work, struct coming *coming)
{
    struct bucket bucket = address_bucket(work);
    struct arrival arrival = {
        .user = &coming->user,
        .amr = amr_of(coming->said),
        .recognised_at = id_token_auth_time(&coming->said->claims, work->now),
    };
    if (!known_device_read(work, coming->attempt->device, coming->user.id.text, &arrival.device))
        arrival.device = (struct text){};
    return throttle_give_back(work, &bucket)
        && ending_note(work, coming->provider, coming->attempt, coming->said, &arrival.provider_sign_in_id)
        && entry_begin(work, &arrival, coming->entry);
}

/* Refused or not, it is kept: the transaction succeeds. */
static bool settle(struct work *work, void *data)
{
    struct coming *coming = data;
    coming->user = (struct user){};
    return staff_find(work, coming->provider, coming->said, &coming->user, &coming->refused)
        && (coming->refused ? audit_refusal(work, coming) : let_in(work, coming));
}

/* What the provider did wrong is kept too. */
static bool note_distrust(struct work *work, void *data)
{
    return audit_refusal(work, data);
}

static void tell_distrust(struct work *work, struct coming *coming)
{
    struct error error = work->error;
    const struct refusal refusal = { .reason = error_words[error.code].code };
    coming->refused = &refusal;
    error_clear(&work->error);
    (void)!db_transact(work, note_distrust, coming);
    work->error = error;
}

static bool receive(struct work *work, const struct sso_answer *answer, struct coming *coming)
{
    struct said said;
    coming->said = &said;
    if (!check_answer(work, answer, coming->provider, coming->attempt)
        || !exchange_code(work, coming->provider, coming->attempt, answer->code, &said)) {
        tell_distrust(work, coming);
        return false;
    }
    return db_transact(work, settle, coming)
        && (!coming->refused || fail(&work->error, ERROR_sso_no_access, "%s", coming->refused->says));
}

bool sso_finish(struct work *work, const struct sso_answer *answer, struct entry *entry,
                struct text *return_to)
{
    struct provider provider;
    struct attempt attempt;
    struct coming coming = { .provider = &provider, .attempt = &attempt, .entry = entry };
    if (!attempt_open(work, answer->cookie, &attempt))
        return fail(&work->error, ERROR_sso_attempt_void, "");
    *return_to = attempt.return_to;
    return take_token(work) && provider_find(work, answer->provider, &provider)
        && provider_discover(work, &provider) && receive(work, answer, &coming);
}
