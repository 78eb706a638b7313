/* API keys: a machine's way in. Shown once, kept as a hash, good for its scopes alone. */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* In a transaction: fills in prefix and hash, and leaves the
 * key itself, which is nowhere else, in *secret. */
[[nodiscard]] bool api_key_create(struct work *work, struct api_key *key, struct text *secret);

/* In a transaction; one that is revoked already stays as it is. */
[[nodiscard]] bool api_key_revoke(struct work *work, const struct value *key);

/* Writes when sessions and keys were last used, as the known tokens gathered it; for a job each minute. */
[[nodiscard]] bool access_flush_use(struct work *work);
