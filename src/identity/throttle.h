/* Token buckets in the database, so that all nodes count together. */
#pragma once
#include "record/work.h"
#include "settings/settings.h"

struct bucket {
    struct text name;  /* whose it is; no plain e-mail */
    int64_t capacity;  /* how many tokens a full bucket has */
    int64_t refill_ms; /* until one more is there */
};

/* In a transaction: takes a token in one atomic statement.
 * None there: *wait_ms until the next one, else 0. */
[[nodiscard]] bool throttle_take(struct work *work, const struct bucket *bucket, int64_t *wait_ms);
/* The same, and `rate_limited` where none is there. */
[[nodiscard]] bool throttle_pass(struct work *work, const struct bucket *bucket);
/* In a transaction: gives one back. */
[[nodiscard]] bool throttle_give_back(struct work *work, const struct bucket *bucket);

/* A bucket as large as the setting says, filled once in the period. */
struct bucket throttle_bucket(struct work *work, struct text name, enum setting limit, int64_t period_ms);
/* The e-mail's keyed digest: stands for it in buckets and audit records. */
struct text throttle_account(struct work *work, struct text email);

/* "203.0.113.7/32", "2001:db8:1:2::/64": whom an address stands for. */
struct text throttle_network(struct arena *arena, struct text address);
