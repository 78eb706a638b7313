#include "identity/step_up.h"
#include "identity/amr.h"
#include "identity/known_device.h"
#include "identity/password_change.h"
#include "record/store.h"
#include "record/transact.h"

struct stepping_up {
    const struct step_up *given;
    bool has_password; /* given, and right */
    struct entry *entry;
};

/* A factor that was added while the password was compared is asked for all the same. */
static bool enter(struct work *work, void *data)
{
    const struct stepping_up *stepping = data;
    struct user user;
    struct user_session session;
    struct arrival arrival = { .user = &user, .otp = stepping->given->otp };
    if (!store_find_by(work, &users_table, "id", value_text(work->actor.user_id), true, user.cells)
        || !sessions_find_own(work, work->actor.session_id, &session))
        return false;
    if (!value_is_true(user.mfa_enabled) && !stepping->has_password)
        return fail_at(&work->error, "/current_password", ERROR_required, "");
    if (!known_device_read(work, stepping->given->device, user.id.text, &arrival.device))
        arrival.device = (struct text){};
    arrival.session_id = session.id.text;
    arrival.amr = amr_read(work->arena, session.amr.text) | (stepping->has_password ? AMR_PASSWORD : 0);
    if (value_is_true(user.mfa_enabled))
        arrival.amr &= ~(unsigned)AMR_TWO_FACTORS; /* that is what is to be proven */
    return entry_begin(work, &arrival, stepping->entry);
}

bool step_up(struct work *work, const struct step_up *given, struct entry *entry)
{
    struct stepping_up stepping = { .given = given, .entry = entry };
    struct user user;
    if (!store_find_by(work, &users_table, "id", value_text(work->actor.user_id), false, user.cells))
        return false;
    stepping.has_password = !value_is_true(user.mfa_enabled);
    return (!stepping.has_password || password_check_current(work, &user, given->current_password))
        && db_transact(work, enter, &stepping);
}
