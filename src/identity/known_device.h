/*
 * A signed cookie of a device on which this person has signed in before. It has a throttle of its own and
 * passes the temporary lock, so that whoever guesses at an account from elsewhere cannot lock its owner out.
 * A new password, whoever chose it, makes strangers of them all.
 */
#pragma once
#include "record/work.h"

enum { DEVICE_LIFE_DAYS = 365 };

struct text known_device_make(struct work *work, struct text user_id);
/* Is it ours, this person's, not expired and no older than the password? Then *device names it. */
[[nodiscard]] bool known_device_read(struct work *work, struct text cookie, struct text user_id,
                                     struct text *device);
