/*
 * What an attempt to sign in costs, paid before anything is compared: a token of its address, and one of the
 * device that is known, or else of the account. Given back to who comes in.
 */
#pragma once
#include "identity/throttle.h"

struct toll {
    struct bucket buckets[2];
    int64_t wait_ms;
};

/* In a transaction of its own. `account`: throttle_account; `device`: the name of a known one, or empty.
 * `rate_limited` with a time to wait where a bucket is empty. */
[[nodiscard]] bool toll_pay(struct work *work, struct text account, struct text device, struct toll *toll);
/* In a transaction. */
[[nodiscard]] bool toll_give_back(struct work *work, const struct toll *toll);
