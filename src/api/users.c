/* What can be done to a person beyond reading and editing. */
#include "api/route.h"
#include "identity/identity.h"
#include "letters/invitation.h"
#include "model/model.h"
#include "record/store.h"

static bool find_user(struct call *call, struct user *user)
{
    return store_find_locked(&call->work, &users_table, call->parameters[0], user->cells);
}

static bool lock(struct call *call)
{
    const struct reason *body = (const struct reason *)call->taken;
    struct user user, after;
    return find_user(call, &user) && lock_user(&call->work, &user, body->reason.text, &after)
        && answer_row(call, &users_table, after.cells);
}

static bool unlock(struct call *call)
{
    struct user user, after;
    return find_user(call, &user) && unlock_user(&call->work, &user, &after)
        && answer_row(call, &users_table, after.cells);
}

static bool invite(struct call *call)
{
    struct user user;
    return find_user(call, &user) && invitation_send(&call->work, &user) && answer_nothing(call);
}

static bool set_password(struct call *call)
{
    const struct new_password *body = (const struct new_password *)call->taken;
    const struct actor *actor = &call->work.actor;
    struct user user;
    if (!find_user(call, &user))
        return false;
    if (!text_equal(actor->user_id, user.id.text)) {
        if (!(actor->role & (SUPER_ADMIN | TENANT_ADMIN)))
            return fail(&call->work.error, ERROR_forbidden, "");
        if (actor->duties)
            return fail(&call->work.error,
                        actor->duties & DUTY_CHANGE_PASSWORD ? ERROR_password_change_required
                                                             : ERROR_second_factor_required,
                        "");
        if (!call_ask_again(call))
            return false;
    }
    const struct password_change change = { &user, body->password.text, cell_text(body->current_password) };
    return password_change(&call->work, &change) && answer_nothing(call);
}

/* Over DATA/nidia.sock nobody has a name: an operator, who may read what is mailed anyway. */
static bool send_password_link(struct call *call)
{
    const struct password_link_order *body = (const struct password_link_order *)call->taken;
    bool shown = value_is_true(body->show);
    struct reset_link link;
    struct user user;
    if (shown && call->work.actor.user_id.length > 0)
        return fail_at(&call->work.error, "/show", ERROR_not_yours_to_set, "");
    if (!find_user(call, &user) || !password_reset_offer(&call->work, &user, shown, &link))
        return false;
    const struct password_link answer = {
        .link = value_text_or_null(link.url),
        .expires_at = value_time(link.expires_ms),
    };
    return answer_shape(call, &password_links_table, answer.cells);
}

static bool end_sessions(struct call *call)
{
    struct user user;
    return find_user(call, &user)
        && sessions_end_on_demand(&call->work, user.id.text, cell_text(user.tenant_id),
                                  "ended_by_administrator")
        && answer_nothing(call);
}

const struct route user_routes[] = {
    { METHOD_POST, "/users/{id}/lock", "lock_user", COST_WRITE, SUPER_ADMIN | TENANT_ADMIN,
      .always_open = true, .handle = lock, .takes = &reasons_table, .gives = &users_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_conflict },
      .doc = "Lock a person out, until unlocked; the sessions end at once." },
    { METHOD_POST, "/users/{id}/unlock", "unlock_user", COST_WRITE, SUPER_ADMIN | TENANT_ADMIN,
      .handle = unlock, .gives = &users_table, .how = GIVES_ROW,
      .codes = { ERROR_not_found, ERROR_wrong_state }, .doc = "Let a locked person in again." },
    { METHOD_POST, "/users/{id}/invite", "invite_user", COST_WRITE, SUPER_ADMIN | TENANT_ADMIN,
      .handle = invite, .status = 202, .codes = { ERROR_not_found, ERROR_wrong_state },
      .doc =
          "Mail the invitation once more, to a person who has no password yet; the earlier link is void." },
    { METHOD_POST, "/users/{id}/set_password", "set_password", COST_SLOW, SIGNED_IN, .open_under = ANY_DUTY,
      .always_open = true, .handle = set_password, .takes = &new_passwords_table, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_invalid_body, ERROR_rate_limited },
      .doc = "Set a password: one's own by the one that was, or somebody's who then must change it. The "
             "sessions "
             "end." },
    { METHOD_POST, "/users/{id}/send_password_link", "send_password_link", COST_WRITE,
      SUPER_ADMIN | TENANT_ADMIN, .guarded = true, .always_open = true, .handle = send_password_link,
      .takes = &password_link_orders_table, .body_optional = true, .gives = &password_links_table,
      .how = GIVES_ROW, .no_idempotency = true,
      .codes = { ERROR_not_found, ERROR_wrong_state, ERROR_invalid_body },
      .doc = "Mail a person a link by which he chooses a new password; the one that was stays good until "
             "then." },
    { METHOD_POST, "/users/{id}/end_sessions", "end_sessions", COST_WRITE, SUPER_ADMIN | TENANT_ADMIN,
      .always_open = true, .handle = end_sessions, .codes = { ERROR_not_found },
      .doc = "End all of a person's sessions, at once." },
    {},
};
