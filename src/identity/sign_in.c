#include "identity/sign_in.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "crypto/password.h"
#include "identity/amr.h"
#include "identity/break_glass.h"
#include "identity/known_device.h"
#include "identity/lock.h"
#include "identity/toll.h"
#include "record/audit.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/settings.h"

/* One attempt, from the throttle to its outcome. */
struct attempt {
    struct text account; /* throttle_account */
    struct text device;  /* of a known one; empty: none */
    struct toll toll;
    struct user user;
    bool user_known, matches;
    bool welcome;                         /* as found: would come in by the right password */
    struct text compared;                 /* the hash, which may change meanwhile */
    struct text fresh_hash, fresh_pepper; /* in place of a stale one; empty: keep it */
    const char *refused;                  /* why, for the audit alone */
    struct text otp;
    struct entry *entry;
};

bool sign_in_throttle(struct work *work, struct text email, struct text device)
{
    struct toll toll;
    return toll_pay(work, throttle_account(work, email), device, &toll);
}

/* Who has this e-mail and was not removed. */
static bool find_user(struct work *work, struct text email, struct attempt *attempt)
{
    static const char find[] = "SELECT id FROM users WHERE email = $1 AND deleted_at IS NULL";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, find, PARAMETERS(value_text(email))))
        return false;
    attempt->user_known = result.row_count > 0;
    return !attempt->user_known
        || (store_find_by(work, &users_table, "id", result_row(&result, 0)[0], false, attempt->user.cells)
            && person_may_enter(work, &attempt->user, &attempt->welcome));
}

/* What is compared on a thread of its own. */
struct password_check {
    struct work *work;
    struct attempt *attempt;
    struct text password;
};

/* As much time for everybody; a stale hash is replaced only for who comes in, or the time that this takes
 * would tell one who is shut out that the password was right. */
static void compare(void *data)
{
    const struct password_check *check = data;
    struct work *work = check->work;
    struct attempt *attempt = check->attempt;
    struct text password = check->password;
    const struct keyring *keyring = work->site->keyring;
    int cost = (int)settings_integer(work->site->settings, SETTING_bcrypt_cost);
    struct text hash = attempt->compared = cell_text(attempt->user.password_hash);
    struct text pepper_id = cell_text(attempt->user.password_key_id);
    attempt->matches = password_matches(work->arena, keyring, password, hash, pepper_id, cost);
    if (attempt->matches && attempt->welcome && password_is_stale(keyring, hash, pepper_id, cost))
        attempt->fresh_hash = password_hash(work->arena, keyring, password, cost, &attempt->fresh_pepper);
}

static bool audit_refusal(struct work *work, const struct attempt *attempt)
{
    const struct user *user = &attempt->user;
    const struct audit_entry entry = {
        .action = "sign_in_failed",
        .entity_type = "users",
        .entity_id = cell_text(user->id),
        .tenant_id = cell_text(user->tenant_id),
        .user_id = cell_text(user->id),
        .outcome = "denied",
        .metadata = arena_format(work->arena, "{\"reason\":\"%s\",\"account\":\"%.*s\"}", attempt->refused,
                                 TEXT_ARG(attempt->account)),
    };
    return audit_event(work, &entry);
}

/* Looks again at who may have changed during the hash; leaves in `refused` why not. */
static bool judge(struct work *work, struct attempt *attempt)
{
    attempt->refused = NULL;
    if (!attempt->user_known) {
        attempt->refused = "unknown_user";
        return true;
    }
    bool may;
    if (!store_find_by(work, &users_table, "id", attempt->user.id, true, attempt->user.cells)
        || !person_may_enter(work, &attempt->user, &may))
        return false;
    bool changed = !text_equal(attempt->compared, cell_text(attempt->user.password_hash));
    attempt->refused = lock_bars(work, &attempt->user, attempt->device.length > 0) ? "locked"
                     : attempt->compared.length == 0                               ? "no_password"
                     : !attempt->matches || changed                                ? "wrong_password"
                     : !may                                                        ? "not_active"
                     : break_glass_bars(work, &attempt->user, AMR_PASSWORD)        ? "sso_required"
                                                                                   : NULL;
    return true;
}

/* The password was right: its tokens are given back, and a second factor has a throttle of its own. */
static bool let_in(struct work *work, struct attempt *attempt)
{
    struct user changes = {};
    if (attempt->fresh_hash.length > 0) {
        changes.password_hash = value_text(attempt->fresh_hash);
        changes.password_key_id = value_text(attempt->fresh_pepper);
    }
    const struct arrival arrival = {
        .user = &attempt->user, .amr = AMR_PASSWORD, .device = attempt->device, .otp = attempt->otp
    };
    return store_update(work, &users_table, attempt->user.cells, changes.cells, attempt->user.cells)
        && toll_give_back(work, &attempt->toll) && entry_begin(work, &arrival, attempt->entry);
}

/* Refused or not, it is kept: the transaction succeeds. */
static bool settle(struct work *work, void *data)
{
    struct attempt *attempt = data;
    if (!judge(work, attempt))
        return false;
    if (!attempt->refused)
        return let_in(work, attempt);
    bool counts = text_is(TEXT("wrong_password"), attempt->refused);
    work_count(work, METRIC_sign_in_failures_total);
    return (!counts || lock_count_failure(work, &attempt->user)) && audit_refusal(work, attempt);
}

bool sign_in(struct work *work, const struct credentials *credentials, struct entry *entry)
{
    struct text email = arena_copy_lower(work->arena, credentials->email);
    struct attempt attempt = { .account = throttle_account(work, email),
                               .otp = credentials->otp,
                               .entry = entry };
    if (!find_user(work, email, &attempt))
        return false;
    if (attempt.user_known
        && !known_device_read(work, credentials->device, attempt.user.id.text, &attempt.device))
        attempt.device = (struct text){};
    attempt.welcome = attempt.welcome && !lock_bars(work, &attempt.user, attempt.device.length > 0)
                   && !break_glass_bars(work, &attempt.user, AMR_PASSWORD);
    if (!toll_pay(work, attempt.account, attempt.device, &attempt.toll))
        return false;
    pool_run(work->site->hashing, compare, &(struct password_check){ work, &attempt, credentials->password });
    if (!db_transact(work, settle, &attempt))
        return false;
    if (attempt.refused)
        return fail(&work->error, ERROR_invalid_credentials, "");
    return !entry->refused || fail(&work->error, ERROR_second_factor_refused, "");
}
