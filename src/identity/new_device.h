/* Tells a person of a sign-in from where they never signed in before. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction, before the session begins: for sign-ins without the cookie of a known device. Who signs
 * in for the first time is told nothing. */
[[nodiscard]] bool new_device_tell(struct work *work, const struct user *user);
