#include "identity/passkey_proof.h"
#include "base/buffer.h"
#include "crypto/hash.h"
#include "identity/passkey.h"
#include "identity/relying_party.h"
#include "letters/notice.h"
#include "record/audit.h"
#include "record/store.h"
#include "json/json.h"

struct text passkey_request(struct work *work, const struct passkey_challenge *challenge, struct text allowed)
{
    struct buffer json = { .arena = work->arena };
    buffer_add_byte(&json, '{');
    json_add_named_text(&json, "challenge", challenge_make(work, challenge));
    json_add_named_text(&json, "rpId", relying_party_of(work).id);
    json_add_named_text(&json, "userVerification", allowed.length > 0 ? TEXT("preferred") : TEXT("required"));
    buffer_print(&json, ",\"timeout\":%d,\"allowCredentials\":", CHALLENGE_LIFE_MS);
    buffer_add(&json, allowed.length > 0 ? allowed : TEXT("[]"));
    buffer_add_byte(&json, '}');
    return json.text;
}

/* Without another factor beside it the passkey is two in one: what its owner has, and what that verifies. */
static bool is_alone(const struct passkey_proof *proof)
{
    return proof->user_id.length == 0;
}

bool passkey_proof_read(struct work *work, struct passkey_proof *proof)
{
    return passkey_answer_read(work, proof->credential, proof->challenge.purpose, &proof->answer)
        && passkey_find(work, proof->answer.id, &proof->passkey, &proof->is_known);
}

/* The signature over all of it, by the passkey's key or by one that nobody has. */
static const char *verify(struct work *work, struct passkey_proof *proof)
{
    const struct passkey_answer *answer = &proof->answer;
    const struct webauthn_demand demand = { relying_party_of(work).id, answer->client_data, is_alone(proof) };
    const struct webauthn_assertion assertion = { answer->authenticator_data, answer->signature };
    struct webauthn_key key = webauthn_decoy;
    if (proof->is_known && !passkey_key(work, &proof->passkey, &key))
        return "unreadable_key";
    return passkey_fault_name(webauthn_verify(work->arena, &demand, &key, &assertion, &proof->state));
}

/* What is wrong with a passkey whose signature is right. */
static const char *examine(const struct passkey_proof *proof)
{
    struct text owner = proof->passkey.user_id.text, handle = proof->answer.user_handle;
    if (is_alone(proof) ? !text_equal(handle, owner) : !text_equal(proof->user_id, owner))
        return "wrong_user";
    /* Whoever finds a key without a PIN can give it one. */
    return is_alone(proof) && !value_is_true(proof->passkey.user_verified) ? "one_factor" : NULL;
}

void passkey_proof_judge(struct work *work, struct passkey_proof *proof)
{
    const char *browser = passkey_answer_judge(work, &proof->challenge, &proof->answer);
    const char *signature = verify(work, proof);
    proof->judgement = browser          ? browser
                     : !proof->is_known ? "unknown_passkey"
                     : signature        ? signature
                                        : examine(proof);
}

/* ---- In the transaction ---- */

static bool audit_clone(struct work *work, const struct user_passkey *passkey)
{
    const struct audit_entry entry = {
        .action = "passkey_cloned",
        .entity_type = "user_passkeys",
        .entity_id = passkey->id.text,
        .tenant_id = cell_text(passkey->tenant_id),
        .user_id = passkey->user_id.text,
        .outcome = "denied",
    };
    return audit_event(work, &entry);
}

static bool tell_of_clone(struct work *work, const struct user_passkey *passkey)
{
    const struct mail_word words[] = { { "passkey", passkey->name.text }, {} };
    struct user user;
    return store_find_by(work, &users_table, "id", passkey->user_id, true, user.cells)
        && notice_send(work, &(struct notice){ mail_kind_passkey_cloned, &user, {}, words });
}

/* Two devices count by themselves: one of them is a copy, and nobody can tell which. */
static bool mark_clone(struct work *work, struct user_passkey *passkey)
{
    struct user_passkey changes = { .cloned_at = value_time(work->now) };
    return store_update(work, &user_passkeys_table, passkey->cells, changes.cells, passkey->cells)
        && audit_clone(work, passkey) && tell_of_clone(work, passkey);
}

static bool count_use(struct work *work, const struct passkey_proof *proof)
{
    static const char count[] = "UPDATE user_passkeys SET sign_count = $1, last_used_at = $2 WHERE id = $3";
    struct result result;
    return db_run(
        work->db, work->arena, &result, &work->error, count,
        PARAMETERS(value_integer(proof->state.sign_count), value_time(work->now), proof->passkey.id));
}

/* Passkeys that are kept in step on several devices do not count: theirs is always 0. */
static bool goes_back(const struct passkey_proof *proof)
{
    int64_t before = proof->passkey.sign_count.integer, now = proof->state.sign_count;
    return now <= before && (now > 0 || before > 0);
}

/* Again, as it is now: others may have used or removed it since. */
static bool settle_known(struct work *work, struct passkey_proof *proof)
{
    if (!passkey_find(work, proof->passkey.credential_id.text, &proof->passkey, &proof->is_known))
        return false;
    if (!proof->is_known || value_is_set(proof->passkey.cloned_at)) {
        proof->refused = proof->is_known ? "cloned" : "unknown_passkey";
        return true;
    }
    if (!goes_back(proof))
        return count_use(work, proof);
    proof->refused = "cloned";
    return mark_clone(work, &proof->passkey);
}

bool passkey_proof_settle(struct work *work, struct passkey_proof *proof)
{
    bool first = true;
    proof->refused = proof->judgement;
    if (proof->answer.challenge.length > 0 && !challenge_spend(work, proof->answer.challenge, &first))
        return false;
    if (!first)
        proof->refused = "void_challenge";
    return proof->refused || settle_known(work, proof);
}
