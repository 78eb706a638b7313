/* API keys: a machine's way in. Shown once, kept as a hash, good for their scopes alone. */
#pragma once
#include "model/model.h"
#include "record/service.h"

/* In a transaction: fills in prefix and hash, and leaves the key itself, which is nowhere else, in *secret.
 * Its scopes are of what the actor may do, its end is within the setting. */
[[nodiscard]] bool api_key_create(struct work *work, struct api_key *key, struct text *secret);

/* In a transaction: a new secret; the one before is good for as many hours more. `wrong_state` where it is
 * revoked. */
[[nodiscard]] bool api_key_rotate(struct work *work, const struct api_key *key, int64_t overlap_hours,
                                  struct api_key *after, struct text *secret);

/* What stands in for the generic calls of `api_keys`. A key that is revoked already stays as it is. */
[[nodiscard]] bool api_key_update(struct work *work, const struct value *before, struct value *changes,
                                  struct value *after);
[[nodiscard]] bool api_key_revoke(struct work *work, const struct value *key);

/* Forgets secrets whose overlap is over, each with its audit record; for a job. */
[[nodiscard]] bool api_keys_end_overlaps(struct work *work);
/* Writes when sessions and keys were last used, as the known tokens gathered it; for a job each minute. */
[[nodiscard]] bool access_flush_use(struct work *work);
