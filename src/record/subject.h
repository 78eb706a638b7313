/* A key for each person or tenant, sealed under the ring in
 * `subject_keys`; destroyed when they are erased. */
#pragma once
#include "crypto/keyring.h"
#include "record/site.h"

struct subject_cache; /* the latest keys in memory */
struct subject_cache *subject_cache_create(void);
void subject_cache_destroy(struct subject_cache *cache);
void subject_cache_forget(struct subject_cache *cache, struct text subject_id);
void subject_cache_forget_all(struct subject_cache *cache); /* news of them may have been missed */

/* Finds the key, or (in a transaction) makes it. False with `not_found` where it was destroyed, or is missing
 * outside one. */
[[nodiscard]] bool subject_key(struct work *work, struct text subject_id, struct key *key);

/* In a transaction: the key is gone for good, and what was sealed under it with it; none is made again. */
[[nodiscard]] bool subject_key_destroy(struct work *work, struct text subject_id);

extern const struct watcher subject_watchers[]; /* other nodes forget it too */
