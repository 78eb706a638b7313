#include "identity/passkey_sign_in.h"
#include "identity/amr.h"
#include "identity/known_device.h"
#include "identity/lock.h"
#include "identity/passkey_proof.h"
#include "identity/toll.h"
#include "record/audit.h"
#include "record/store.h"
#include "record/transact.h"

static const struct passkey_challenge signing_in = { .purpose = CHALLENGE_SIGN_IN };

struct attempt {
    struct passkey_proof proof;
    struct text account; /* stands for the credential, in the throttle and in the audit */
    struct text device;  /* of a known one; empty: none */
    struct toll toll;
    struct user user;
    const char *refused; /* why, for the audit alone */
    struct entry *entry;
};

static bool audit_refusal(struct work *work, const struct attempt *attempt)
{
    const struct user_passkey *passkey = &attempt->proof.passkey;
    struct text user_id = cell_text(passkey->user_id);
    const struct audit_entry entry = {
        .action = "sign_in_failed",
        .entity_type = "users",
        .entity_id = user_id,
        .tenant_id = cell_text(passkey->tenant_id),
        .user_id = user_id,
        .outcome = "denied",
        .metadata =
            arena_format(work->arena, "{\"reason\":\"%s\",\"method\":\"passkey\",\"account\":\"%.*s\"}",
                         attempt->refused, TEXT_ARG(attempt->account)),
    };
    return audit_event(work, &entry);
}

/* A lock of a while bars those who guess, and a passkey is no guess: its owner is not locked out by them. */
static bool judge(struct work *work, struct attempt *attempt)
{
    bool may;
    if (!passkey_proof_settle(work, &attempt->proof))
        return false;
    attempt->refused = attempt->proof.refused;
    if (attempt->refused)
        return true;
    if (!person_may_enter(work, &attempt->user, &may))
        return false;
    attempt->refused = lock_bars(work, &attempt->user, true) ? "locked" : may ? NULL : "not_active";
    return true;
}

/* The person's row is locked first, as everywhere. Refused or not, it is kept: the transaction succeeds. */
static bool settle(struct work *work, void *data)
{
    struct attempt *attempt = data;
    const struct arrival arrival = { .user = &attempt->user,
                                     .amr = AMR_PASSKEY | AMR_TWO_FACTORS,
                                     .device = attempt->device };
    if (attempt->proof.is_known
        && !store_find_by(work, &users_table, "id", attempt->proof.passkey.user_id, true,
                          attempt->user.cells))
        return false;
    if (!judge(work, attempt))
        return false;
    if (!attempt->refused)
        return toll_give_back(work, &attempt->toll) && entry_begin(work, &arrival, attempt->entry);
    work_count(work, METRIC_sign_in_failures_total);
    return audit_refusal(work, attempt);
}

bool passkey_sign_in(struct work *work, const struct passkey_credentials *credentials, struct entry *entry)
{
    struct attempt attempt = { .proof = { .credential = credentials->credential, .challenge = signing_in },
                               .entry = entry };
    struct passkey_proof *proof = &attempt.proof;
    if (!passkey_proof_read(work, proof))
        return false;
    attempt.account = throttle_account(work, proof->answer.id);
    if (proof->is_known
        && !known_device_read(work, credentials->device, proof->passkey.user_id.text, &attempt.device))
        attempt.device = (struct text){};
    if (!toll_pay(work, attempt.account, attempt.device, &attempt.toll))
        return false;
    passkey_proof_judge(work, proof);
    if (!db_transact(work, settle, &attempt))
        return false;
    return !attempt.refused || fail(&work->error, ERROR_passkey_refused, "");
}

struct text passkey_sign_in_question(struct work *work)
{
    return passkey_request(work, &signing_in, (struct text){});
}
