#include "identity/identity.h"
#include "identity/break_glass.h"
#include "identity/passkey_factor.h"

static bool end_session(struct work *work, const struct value *cells)
{
    return session_end(work, (const struct user_session *)cells, "ended_by_administrator");
}

const struct service identity_services[] = {
    { .table = &users_table,
      .needed = user_has_password,
      .prepare = user_prepare,
      .create = user_create,
      .update = user_update,
      .remove = user_remove },
    { .table = &system_settings_table,
      .create = break_glass_create_setting,
      .update = break_glass_update_setting },
    { .table = &user_sessions_table, .remove = end_session },
    { .table = &user_passkeys_table, .update = passkey_update, .remove = passkey_remove },
    { .table = &api_keys_table, .update = api_key_update, .remove = api_key_revoke },
    {},
};
