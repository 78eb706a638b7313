/*
 * Where staff must sign in at an identity provider (setting `sso_required`), some super admins still may by
 * password: whoever sets up providers wrongly, or loses one, locks nobody out for good.
 */
#pragma once
#include "model/model.h"
#include "record/service.h"

/* Is this way in closed to this person? `amr`: how he was recognised, identity/amr.h. */
bool break_glass_bars(const struct work *work, const struct user *user, unsigned amr);

/* In a transaction, under the lock on super admins, before this person stops being one who may: `conflict`
 * where no other is left while the setting is on. */
[[nodiscard]] bool break_glass_spare(struct work *work, const struct user *user);

/* What stands in for the generic calls of `system_settings`, record/service.h: the setting wants one who gets
 * in. */
[[nodiscard]] bool break_glass_create_setting(struct work *work, struct value *cells);
[[nodiscard]] bool break_glass_update_setting(struct work *work, const struct value *before,
                                              struct value *changes, struct value *after);
