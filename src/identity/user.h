/* People: NIDIA's staff and the tenants' administrators. */
#pragma once
#include "model/model.h"
#include "record/service.h"

/* What stands in for the generic calls of `users`: record/service.h. The cells are a struct user's. */
bool user_has_password(const struct value *cells);
[[nodiscard]] bool user_prepare(struct work *work, struct value *cells);
[[nodiscard]] bool user_create(struct work *work, struct value *cells);
[[nodiscard]] bool user_update(struct work *work, const struct value *before, struct value *changes,
                               struct value *after);
[[nodiscard]] bool user_remove(struct work *work, const struct value *before);

/* In a transaction: is there another active super admin, or is this none? `conflict` if not; holds until it
 * ends. */
[[nodiscard]] bool user_spare_last_admin(struct work *work, const struct user *user);

/* Before a transaction, on a slow pool: checks the password by the rules for this person and leaves hash,
 * pepper and time in *changes. */
[[nodiscard]] bool user_prepare_password(struct work *work, struct text password, const struct user *person,
                                         const char *pointer, struct user *changes);

/* In a transaction: the new password, prepared; ends the sessions. `must_change`: it was somebody else's
 * choice. */
[[nodiscard]] bool user_set_password(struct work *work, const struct user *user, struct user *changes,
                                     bool must_change);
