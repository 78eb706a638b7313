/* What a new installation holds, and demo tenants to look at. */
#pragma once
#include "base/buffer.h"
#include "record/service.h"

/* The first super admin on its way into the database; lies in the work's arena. */
struct seed;

/*
 * Before the transaction, since hashing takes its time: where there is no super admin yet, makes one ready,
 * of options admin_email and admin_password or a password of its own. `people` holds the service of users.
 */
[[nodiscard]] bool seed_prepare(struct work *work, const struct service *people, struct seed **seed);

/* In the transaction: that super admin (NULL: none), and the plans
 * where there are none. Writes what is to be told once. */
[[nodiscard]] bool seed_defaults(struct work *work, struct seed *seed, struct buffer *announced);

enum { SEED_DEMO_MAX = 10'000 };

/* The first `count` of a row of Colombian companies that is always the same, each with its people, through
 * the services; those that are there already stay as they are. Leaves how many were made. */
[[nodiscard]] bool seed_demo(struct work *work, const struct service *people, int count, size_t *made);

/* The service of a table, in a list ended by {}. */
const struct service *service_of(const struct service *services, const struct table *table);
