#include "identity/passkey_factor.h"
#include "identity/passkey.h"
#include "identity/passkey_proof.h"
#include "record/store.h"

bool passkeys_are_enrolled(struct work *work, struct text user_id, bool *enrolled)
{
    static const char find[] = "SELECT 1 FROM user_passkeys WHERE user_id = $1 AND cloned_at IS NULL LIMIT 1";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, find, PARAMETERS(value_text(user_id))))
        return false;
    *enrolled = result.row_count > 0;
    return true;
}

static struct passkey_challenge challenge_of(const struct second_factor_ticket *ticket)
{
    return (struct passkey_challenge){ CHALLENGE_SECOND_FACTOR, ticket->id.text };
}

bool passkey_ask(struct work *work, const struct second_factor_ticket *ticket, struct text *question)
{
    const struct passkey_challenge challenge = challenge_of(ticket);
    struct text allowed;
    if (!passkeys_describe(work, ticket->user_id.text, &allowed))
        return false;
    *question = passkey_request(work, &challenge, allowed);
    return true;
}

bool passkey_verify(struct work *work, const struct second_factor_attempt *attempt, bool *good)
{
    struct passkey_proof proof = { .credential = attempt->credential,
                                   .challenge = challenge_of(attempt->ticket),
                                   .user_id = attempt->user->id.text };
    if (proof.credential.length == 0)
        return fail_at(&work->error, "/credential", ERROR_required, "");
    if (!passkey_proof_read(work, &proof))
        return false;
    passkey_proof_judge(work, &proof);
    if (!passkey_proof_settle(work, &proof))
        return false;
    *good = !proof.refused;
    return true;
}

/* One by one, so that each leaves its audit record. */
bool passkeys_forget(struct work *work, struct text user_id)
{
    static const char find[] = "SELECT id FROM user_passkeys WHERE user_id = $1 ORDER BY id";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, find, PARAMETERS(value_text(user_id))))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        struct user_passkey passkey;
        if (!store_find_by(work, &user_passkeys_table, "id", result_row(&result, i)[0], true, passkey.cells)
            || !store_remove(work, &user_passkeys_table, passkey.cells))
            return false;
    }
    return true;
}

bool passkey_remove_own(struct work *work, struct text id, struct factor_change *change)
{
    struct user_passkey passkey;
    if (!store_find_locked(work, &user_passkeys_table, id, passkey.cells))
        return false;
    if (!text_equal(passkey.user_id.text, work->actor.user_id))
        return fail(&work->error, ERROR_not_found, "%s", user_passkeys_table.row_name);
    return store_remove(work, &user_passkeys_table, passkey.cells) && second_factor_removed(work, change);
}

bool passkey_remove(struct work *work, const struct value *before)
{
    const struct user_passkey *passkey = (const struct user_passkey *)before;
    struct user user;
    return store_find_by(work, &users_table, "id", passkey->user_id, true, user.cells)
        && store_remove(work, &user_passkeys_table, before)
        && second_factor_taken(work, &user, second_factor_kind_passkey);
}
