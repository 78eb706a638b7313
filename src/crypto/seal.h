/* Secrets at rest: AES-256-GCM (NIST SP 800-38D), a random 96-bit nonce, and where the secret stands as
 * associated data. */
#pragma once
#include "crypto/keyring.h"

/*
 * Under the ring's current key: "v1.KEYID.BASE64URL(nonce ‖ ciphertext ‖ tag)". `place` names where it will
 * stand
 * ("tenants.db_password_encrypted:ID"): it opens only there.
 */
struct text seal(struct arena *arena, const struct keyring *keyring, struct text plain, struct text place);
[[nodiscard]] bool unseal(struct arena *arena, const struct keyring *keyring, struct text sealed,
                          struct text place, struct text *plain, struct error *error);
/* Of the key that it is sealed under, whether the ring has it or not; empty where it is not sealed by us. Its
 * first SEAL_HEAD_MAX bytes tell. */
enum { SEAL_HEAD_MAX = 3 + KEY_ID_MAX + 1 };
struct text seal_key_id(struct text sealed);
/* What every text begins with that is sealed under the current key. */
struct text seal_head(struct arena *arena, const struct keyring *keyring);
/* Else it waits for being sealed anew (record/sealed.h). */
bool seal_is_current(const struct keyring *keyring, struct text sealed);

/* The same with a key that is not in the ring (a subject's): "BASE64URL(nonce ‖ ciphertext ‖ tag)". */
struct text seal_with(struct arena *arena, const unsigned char key[static KEY_SIZE], struct text plain,
                      struct text place);
[[nodiscard]] bool unseal_with(struct arena *arena, const unsigned char key[static KEY_SIZE],
                               struct text sealed, struct text place, struct text *plain,
                               struct error *error);
