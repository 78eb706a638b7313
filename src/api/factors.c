/* One's own second factors, and the removal of another's. */
#include "api/cookie.h"
#include "api/entry.h"
#include "identity/qr_code.h"
#include "identity/recovery_code.h"
#include "identity/totp.h"
#include "model/model.h"
#include "record/audit.h"
#include "record/store.h"

/* Nobody else changes it before the transaction ends. */
static bool find_own(struct call *call, struct user *user)
{
    return store_find_locked(&call->work, &users_table, call->work.actor.user_id, user->cells);
}

static bool overview(struct call *call)
{
    struct work *work = &call->work;
    unsigned kinds;
    int64_t left;
    if (!second_factors_enrolled(work, work->actor.user_id, &kinds)
        || !recovery_codes_count(work, work->actor.user_id, &left))
        return false;
    const struct second_factor_overview answer = {
        .methods = value_text(second_factors_write(work->arena, kinds)),
        .recovery_codes_left = value_integer(left),
    };
    return answer_shape(call, &second_factor_overviews_table, answer.cells);
}

static bool begin_totp(struct call *call)
{
    struct user user;
    struct totp_enrolment enrolment;
    if (!find_own(call, &user) || !totp_begin(&call->work, &user, &enrolment))
        return false;
    const struct totp_start answer = {
        .secret = value_text(enrolment.secret),
        .uri = value_text(enrolment.uri),
        .qr_code = value_text(qr_code_svg(call->work.arena, enrolment.uri)),
    };
    return answer_shape(call, &totp_starts_table, answer.cells);
}

static bool confirm_totp(struct call *call)
{
    const struct totp_code *body = (const struct totp_code *)call->taken;
    struct user user;
    struct factor_change change = { .user = &user, .kind = second_factor_kind_totp };
    bool in_cookie;
    return cookie_mode(call, &in_cookie) && find_own(call, &user)
        && totp_confirm(&call->work, &user, body->code.text) && second_factor_added(&call->work, &change)
        && answer_factor_change(call, &change, in_cookie);
}

static bool remove_totp(struct call *call)
{
    struct work *work = &call->work;
    struct user user;
    struct factor_change change = { .user = &user, .kind = second_factor_kind_totp };
    bool in_cookie, enrolled;
    if (!cookie_mode(call, &in_cookie) || !find_own(call, &user)
        || !totp_is_enrolled(work, user.id.text, &enrolled))
        return false;
    if (!enrolled)
        return fail(&work->error, ERROR_wrong_state, "totp");
    return totp_forget(work, user.id.text) && second_factor_removed(work, &change)
        && answer_factor_change(call, &change, in_cookie);
}

static bool make_recovery_codes(struct call *call)
{
    struct work *work = &call->work;
    struct user user;
    struct text codes;
    if (!find_own(call, &user))
        return false;
    if (!value_is_true(user.mfa_enabled))
        return fail(&work->error, ERROR_wrong_state, "mfa_enabled");
    const struct audit_entry entry = {
        .action = "make_recovery_codes",
        .entity_type = "users",
        .entity_id = user.id.text,
        .tenant_id = cell_text(user.tenant_id),
        .outcome = "success",
    };
    if (!recovery_codes_make(work, user.id.text, &codes) || !audit_event(work, &entry))
        return false;
    const struct recovery_sheet answer = { .recovery_codes = value_text(codes) };
    return answer_shape(call, &recovery_sheets_table, answer.cells);
}

static bool reset(struct call *call)
{
    struct user user;
    return store_find_locked(&call->work, &users_table, call->parameters[0], user.cells)
        && second_factors_reset(&call->work, &user) && answer_nothing(call);
}

const struct route factor_routes[] = {
    { METHOD_GET, "/auth/second-factors", "get_second_factors", COST_QUERY, SIGNED_IN,
      .open_under = DUTY_ENROL_FACTOR, .handle = overview, .gives = &second_factor_overviews_table,
      .how = GIVES_ROW, .doc = "One's own second factors." },
    { METHOD_POST, "/auth/totp", "begin_totp", COST_WRITE, SIGNED_IN, .guarded = true,
      .open_under = DUTY_ENROL_FACTOR, .always_open = true, .handle = begin_totp, .gives = &totp_starts_table,
      .how = GIVES_ROW, .no_idempotency = true, .codes = { ERROR_not_found },
      .doc = "Begin to set up an authenticator app. It counts once a code confirms it; until then one that "
             "was there stays." },
    { METHOD_POST, "/auth/totp/confirm", "confirm_totp", COST_WRITE, SIGNED_IN, .guarded = true,
      .open_under = DUTY_ENROL_FACTOR, .always_open = true, .handle = confirm_totp,
      .takes = &totp_codes_table, .gives = &token_grants_table, .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_invalid_body, ERROR_not_found, ERROR_cross_site },
      .doc = "Show by a code that the app has the seed. All one's sessions end; the tokens given go on. With "
             "the first second factor come the recovery codes." },
    { METHOD_DELETE, "/auth/totp", "remove_totp", COST_WRITE, SIGNED_IN, .guarded = true, .always_open = true,
      .handle = remove_totp, .gives = &token_grants_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_cross_site },
      .doc = "Remove the authenticator app. All one's sessions end; the tokens given go on." },
    { METHOD_POST, "/auth/recovery-codes", "make_recovery_codes", COST_WRITE, SIGNED_IN, .guarded = true,
      .always_open = true, .handle = make_recovery_codes, .gives = &recovery_sheets_table, .how = GIVES_ROW,
      .no_idempotency = true, .codes = { ERROR_not_found, ERROR_wrong_state },
      .doc = "Ten new recovery codes in place of those that were left. They are shown this once." },
    { METHOD_POST, "/users/{id}/reset_second_factors", "reset_second_factors", COST_WRITE,
      SUPER_ADMIN | TENANT_ADMIN, .guarded = true, .always_open = true, .handle = reset,
      .codes = { ERROR_not_found, ERROR_wrong_state },
      .doc = "Remove all second factors of somebody else who lost them. The sessions end." },
    {},
};
