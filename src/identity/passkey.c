#include "identity/passkey.h"
#include "base/buffer.h"
#include "crypto/hash.h"
#include "identity/passkey_answer.h"
#include "identity/relying_party.h"
#include "identity/second_factor_change.h"
#include "record/store.h"
#include "record/transact.h"
#include "json/json.h"

#define OUR_NAME "NIDIA Flow"

static const enum webauthn_algorithm algorithms[passkey_algorithm_count] = {
    [passkey_algorithm_es256] = WEBAUTHN_ES256,
    [passkey_algorithm_eddsa] = WEBAUTHN_EDDSA,
    [passkey_algorithm_rs256] = WEBAUTHN_RS256,
};

const char *passkey_fault_name(enum webauthn_fault fault)
{
    static const char *const names[] = {
        [WEBAUTHN_MALFORMED] = "malformed",         [WEBAUTHN_RELYING_PARTY] = "wrong_relying_party",
        [WEBAUTHN_PRESENCE] = "nobody_present",     [WEBAUTHN_VERIFICATION] = "nobody_verified",
        [WEBAUTHN_ALGORITHM] = "unknown_algorithm", [WEBAUTHN_ATTESTATION] = "wrong_attestation",
        [WEBAUTHN_SIGNATURE] = "wrong_signature",
    };
    return fault == WEBAUTHN_SOUND ? NULL : names[fault];
}

/* ---- What the browser is asked ---- */

bool passkeys_describe(struct work *work, struct text user_id, struct text *list)
{
    static const char find[] =
        "SELECT credential_id, transports FROM user_passkeys WHERE user_id = $1 ORDER BY id";
    struct buffer json = { .arena = work->arena };
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, find, PARAMETERS(value_text(user_id))))
        return false;
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        buffer_print(&json, "%s{\"type\":\"public-key\",\"id\":\"%.*s\",\"transports\":%.*s}",
                     i > 0 ? "," : "", TEXT_ARG(row[0].text), TEXT_ARG(row[1].text));
    }
    buffer_add_byte(&json, ']');
    *list = json.text;
    return true;
}

/* Authenticators keep this with a discoverable passkey and give it back: it says who signs in, to us alone.
 */
static struct text user_handle(struct work *work, struct text user_id)
{
    return base64url_encode(work->arena, user_id);
}

static void add_party(struct work *work, struct buffer *json)
{
    buffer_add(json, TEXT("\"rp\":{"));
    json_add_named_text(json, "id", relying_party_of(work).id);
    json_add_named_text(json, "name", TEXT(OUR_NAME));
    buffer_add_byte(json, '}');
}

static void add_person(struct work *work, struct buffer *json, const struct user *user)
{
    struct text first = cell_text(user->first_name);
    buffer_add(json, TEXT(",\"user\":{"));
    json_add_named_text(json, "id", user_handle(work, user->id.text));
    json_add_named_text(json, "name", user->email.text);
    json_add_named_text(json, "displayName", first.length > 0 ? first : user->email.text);
    buffer_add_byte(json, '}');
}

static void add_algorithms(struct buffer *json)
{
    buffer_add(json, TEXT(",\"pubKeyCredParams\":["));
    for (size_t i = 0; i < passkey_algorithm_count; i++)
        buffer_print(json, "%s{\"type\":\"public-key\",\"alg\":%d}", i > 0 ? "," : "", (int)algorithms[i]);
    buffer_add_byte(json, ']');
}

static struct passkey_challenge registration_of(const struct work *work)
{
    return (struct passkey_challenge){ CHALLENGE_REGISTRATION, work->actor.user_id };
}

bool passkey_offer(struct work *work, struct text *options)
{
    const struct passkey_challenge challenge = registration_of(work);
    struct buffer json = { .arena = work->arena };
    struct user user;
    struct text existing;
    if (!store_find_by(work, &users_table, "id", value_text(work->actor.user_id), false, user.cells)
        || !passkeys_describe(work, user.id.text, &existing))
        return false;
    buffer_add_byte(&json, '{');
    add_party(work, &json);
    add_person(work, &json, &user);
    add_algorithms(&json);
    json_add_named_text(&json, "challenge", challenge_make(work, &challenge));
    json_add_named_text(&json, "attestation", TEXT("none"));
    buffer_print(&json,
                 ",\"timeout\":%d,\"excludeCredentials\":%.*s,\"authenticatorSelection\":{"
                 "\"residentKey\":\"preferred\",\"userVerification\":\"preferred\"}}",
                 CHALLENGE_LIFE_MS, TEXT_ARG(existing));
    *options = json.text;
    return true;
}

/* ---- What it answers ---- */

struct registering {
    struct user_passkey row;
    struct text challenge;
    struct factor_change *change;
};

static bool unproven(struct work *work, const char *why)
{
    return fail_at(&work->error, "/credential", ERROR_passkey_unproven, "%s", why);
}

/* One of those that were offered: no other is registered. */
static enum passkey_algorithm algorithm_of(const struct webauthn_key *key)
{
    enum passkey_algorithm found = 0;
    while (found < passkey_algorithm_count - 1 && algorithms[found] != key->algorithm)
        found++;
    return found;
}

/* The row that the answer proves. */
static bool prove(struct work *work, const struct passkey_registration *registration,
                  struct registering *registering)
{
    const struct passkey_challenge challenge = registration_of(work);
    struct passkey_answer answer;
    struct webauthn_credential made;
    if (!passkey_answer_read(work, registration->credential, challenge.purpose, &answer))
        return false;
    const char *why = passkey_answer_judge(work, &challenge, &answer);
    const struct webauthn_demand demand = { relying_party_of(work).id, answer.client_data, false };
    if (!why)
        why = passkey_fault_name(webauthn_register(work->arena, &demand, answer.attestation_object, &made));
    if (!why && !text_equal(answer.id, base64url_encode(work->arena, made.id)))
        why = "wrong_id";
    if (why)
        return unproven(work, why);
    registering->challenge = answer.challenge;
    registering->row = (struct user_passkey){
        .user_id = value_text(work->actor.user_id),
        .tenant_id = value_text_or_null(work->actor.tenant_id),
        .name = value_text(registration->name),
        .credential_id = value_text(answer.id),
        .public_key = value_text(base64url_encode(work->arena, made.key.bytes)),
        .algorithm = value_text(passkey_algorithm_choices.texts[algorithm_of(&made.key)]),
        .transports = value_text(answer.transports),
        .user_verified = value_boolean(made.state.user_verified),
        .sign_count = value_integer(made.state.sign_count),
    };
    return true;
}

/* The person's row is locked: who registers in parallel counts one after the other. */
static bool has_room(struct work *work, struct user *user)
{
    static const char count[] = "SELECT count(*) FROM user_passkeys WHERE user_id = $1";
    struct result result;
    if (!store_find_by(work, &users_table, "id", value_text(work->actor.user_id), true, user->cells)
        || !db_run(work->db, work->arena, &result, &work->error, count, PARAMETERS(user->id)))
        return false;
    return cell_integer(result_row(&result, 0)[0]) < PASSKEYS_MAX
        || fail(&work->error, ERROR_limit_reached, "%d", PASSKEYS_MAX);
}

/* Whoever has it already: the one who asks knows it as a part of what its browser answered. */
static bool keep(struct work *work, struct user_passkey *row)
{
    if (store_create(work, &user_passkeys_table, row->cells))
        return true;
    if (work->error.code != ERROR_taken)
        return false;
    error_clear(&work->error);
    return fail_at(&work->error, "/credential/id", ERROR_taken, "id");
}

static bool add(struct work *work, void *data)
{
    struct registering *registering = data;
    struct user_passkey row = registering->row; /* it may be run again */
    struct factor_change *change = registering->change;
    bool first;
    if (!challenge_spend(work, registering->challenge, &first))
        return false;
    if (!first)
        return unproven(work, "void_challenge");
    if (!has_room(work, change->user) || !keep(work, &row) || !second_factor_added(work, change))
        return false;
    registering->row = row;
    return true;
}

bool passkey_register(struct work *work, const struct passkey_registration *registration,
                      struct factor_change *change, struct user_passkey *passkey)
{
    struct registering registering = { .change = change };
    change->kind = second_factor_kind_passkey;
    if (!prove(work, registration, &registering) || !db_transact(work, add, &registering))
        return false;
    *passkey = registering.row;
    return true;
}

/* ---- Afterwards ---- */

bool passkey_find(struct work *work, struct text credential_id, struct user_passkey *passkey, bool *found)
{
    *found = store_find_by(work, &user_passkeys_table, "credential_id", value_text(credential_id),
                           work->transacting, passkey->cells);
    if (*found || work->error.code != ERROR_not_found)
        return *found;
    error_clear(&work->error);
    return true;
}

bool passkey_key(struct work *work, const struct user_passkey *passkey, struct webauthn_key *key)
{
    for (enum passkey_algorithm i = 0; i < passkey_algorithm_count; i++)
        if (text_equal(passkey->algorithm.text, passkey_algorithm_choices.texts[i]))
            key->algorithm = algorithms[i];
    return base64url_decode(work->arena, passkey->public_key.text, &key->bytes);
}

/* A name is its owner's own; administrators remove what they do not trust, and rename nothing. */
bool passkey_update(struct work *work, const struct value *before_cells, struct value *changes,
                    struct value *after)
{
    const struct user_passkey *before = (const struct user_passkey *)before_cells;
    if (!text_equal(before->user_id.text, work->actor.user_id))
        return fail(&work->error, ERROR_forbidden, "");
    return store_update(work, &user_passkeys_table, before_cells, changes, after);
}
