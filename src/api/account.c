/* One's own account: who one is, and by which e-mail. */
#include "api/answer.h"
#include "identity/identity.h"
#include "model/model.h"
#include "record/document.h"
#include "record/reach.h"

/* The person who asks. */
static bool find_self(struct call *call, struct user *user)
{
    return store_find(&call->work, &users_table, call->work.actor.user_id, user->cells);
}

static bool verify_email(struct call *call)
{
    struct user user;
    return find_self(call, &user) && email_verification_ask(&call->work, &user) && answer_nothing(call);
}

static bool change_email(struct call *call)
{
    const struct email_order *body = (const struct email_order *)call->taken;
    struct user user;
    const struct email_wish wish = { &user, body->email.text, body->current_password.text };
    return find_self(call, &user) && email_change_ask(&call->work, &wish) && answer_nothing(call);
}

static bool confirm_email(struct call *call)
{
    const struct mailed_token *body = (const struct mailed_token *)call->taken;
    struct email_confirmation answer = {};
    return email_confirm(&call->work, body->token.text, &answer.state)
        && answer_shape(call, &email_confirmations_table, answer.cells);
}

static bool stop_email_change(struct call *call)
{
    const struct mailed_token *body = (const struct mailed_token *)call->taken;
    return email_change_stop(&call->work, body->token.text) && answer_nothing(call);
}

/* Beside the person: who acts in that one's name. */
static bool note_impersonation(struct call *call, struct user *user, struct column_set *columns)
{
    struct impersonation own;
    struct user impersonator;
    struct work *work = &call->work;
    if (!impersonation_find_own(work, &own)
        || !store_find_by(work, &users_table, "id", own.impersonator_id, false, impersonator.cells))
        return false;
    const struct impersonation_note note = { .id = own.id,
                                             .impersonator_id = own.impersonator_id,
                                             .email = impersonator.email,
                                             .first_name = impersonator.first_name,
                                             .last_name = impersonator.last_name,
                                             .reason = own.reason,
                                             .expires_at = own.expires_at };
    struct buffer json = { .arena = work->arena };
    struct column_set all = columns_visible(&impersonation_notes_table, work->actor.role);
    document_write(&json, &impersonation_notes_table, note.cells, &all);
    user->impersonation = value_text(json.text);
    column_set_add(columns, ONE(user, impersonation) - 1);
    return true;
}

static bool me(struct call *call)
{
    const struct actor *actor = &call->work.actor;
    struct column_set columns = columns_visible(&users_table, actor->role);
    struct user user;
    if (!find_self(call, &user)
        || (actor_is_impersonated(actor) && !note_impersonation(call, &user, &columns)))
        return false;
    return answer_columns(call, &users_table, user.cells, &columns, NULL);
}

static bool write_profile(struct call *call, const struct user *before, struct user *after)
{
    const struct own_profile *body = (const struct own_profile *)call->taken;
    struct user changes = {
        .first_name = body->first_name,
        .last_name = body->last_name,
        .phone = body->phone,
        .avatar_url = body->avatar_url,
        .language = body->language,
        .timezone = body->timezone,
    };
    return user_update(&call->work, before->cells, changes.cells, after->cells);
}

static bool change_me(struct call *call)
{
    const struct own_profile *body = (const struct own_profile *)call->taken;
    struct user user, after;
    if (body->language.kind == VALUE_NULL)
        return fail_at(&call->work.error, "/language", ERROR_required, "");
    if (body->timezone.kind == VALUE_NULL)
        return fail_at(&call->work.error, "/timezone", ERROR_required, "");
    return store_find_locked(&call->work, &users_table, call->work.actor.user_id, user.cells)
        && answer_check_match(call, &users_table, user.cells) && write_profile(call, &user, &after)
        && answer_row(call, &users_table, after.cells);
}

const struct route account_routes[] = {
    { METHOD_POST, "/auth/verify-email", "verify_email", COST_WRITE, SIGNED_IN, .always_open = true,
      .handle = verify_email, .status = 202, .no_idempotency = true,
      .codes = { ERROR_wrong_state, ERROR_rate_limited },
      .doc = "Have a link mailed once more by which one's own e-mail is verified." },
    { METHOD_POST, "/auth/change-email", "change_email", COST_SLOW, SIGNED_IN, .always_open = true,
      .handle = change_email, .takes = &email_orders_table, .status = 202, .no_idempotency = true,
      .codes = { ERROR_invalid_body, ERROR_taken, ERROR_rate_limited },
      .doc = "Ask for another e-mail: it changes once the links that are mailed to both addresses are "
             "confirmed." },
    { METHOD_POST, "/auth/confirm-email", "confirm_email", COST_WRITE, VISITOR, .handle = confirm_email,
      .takes = &mailed_tokens_table, .gives = &email_confirmations_table, .how = GIVES_ROW,
      .no_idempotency = true, .codes = { ERROR_invalid_body, ERROR_taken },
      .doc = "Confirm by a mailed link that the mailbox is one's own. The link is good once." },
    { METHOD_POST, "/auth/stop-email-change", "stop_email_change", COST_WRITE, VISITOR,
      .handle = stop_email_change, .takes = &mailed_tokens_table, .no_idempotency = true,
      .codes = { ERROR_invalid_body },
      .doc = "Stop a change of e-mail, by the link that either address was mailed." },
    { METHOD_GET, "/auth/me", "get_me", COST_KEY, SIGNED_IN, .in_anothers_name = true, .open_under = ANY_DUTY,
      .handle = me, .gives = &users_table, .how = GIVES_ROW, .codes = { ERROR_not_found },
      .doc = "Who is signed in." },
    { METHOD_PATCH, "/auth/me", "update_me", COST_WRITE, SIGNED_IN, .always_open = true, .handle = change_me,
      .takes = &own_profiles_table, .gives = &users_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found, ERROR_invalid_body, ERROR_changed_meanwhile },
      .doc = "Change one's own name, language, time zone and the like." },
    {},
};
