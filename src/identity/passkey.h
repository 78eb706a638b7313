/*
 * Passkeys: making them, and what stands in for the generic calls of `user_passkeys`.
 *
 * Options and answers are JSON as browsers write and read it (Web Authentication Level 3), so that a page
 * passes them on without touching them.
 */
#pragma once
#include "crypto/webauthn.h"
#include "model/model.h"
#include "record/service.h"

/* What the actor's browser is to be asked: PublicKeyCredentialCreationOptionsJSON. */
[[nodiscard]] bool passkey_offer(struct work *work, struct text *options);

struct passkey_registration {
    struct text name, credential; /* the credential: what the browser answered */
};
/* Opens a transaction of its own: the actor has one more second factor. `passkey_unproven` at /credential
 * where the answer proves nothing, `limit_reached` at PASSKEYS_MAX of one person. */
enum { PASSKEYS_MAX = 20 };
struct factor_change;
[[nodiscard]] bool passkey_register(struct work *work, const struct passkey_registration *registration,
                                    struct factor_change *change, struct user_passkey *passkey);

/* Of a person, by the id of the credential that names it; `found` false: none. No wall. */
[[nodiscard]] bool passkey_find(struct work *work, struct text credential_id, struct user_passkey *passkey,
                                bool *found);
[[nodiscard]] bool passkey_key(struct work *work, const struct user_passkey *passkey,
                               struct webauthn_key *key);

/* What a person's browser may use: [{"type":"public-key","id":…,"transports":[…]}]. */
[[nodiscard]] bool passkeys_describe(struct work *work, struct text user_id, struct text *list);

[[nodiscard]] bool passkey_update(struct work *work, const struct value *before, struct value *changes,
                                  struct value *after);

/* Why what an authenticator says proves nothing, in a word; NULL for WEBAUTHN_SOUND. */
const char *passkey_fault_name(enum webauthn_fault fault);
