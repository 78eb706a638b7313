/* When a key of the ring may go: once nothing that is stored or was given out needs it. */
#pragma once
#include "crypto/keyring.h"
#include "record/work.h"

/* Outside of any transaction. Fails with `conflict`, which says what needs the key and how many; everything
 * sealed is opened before, so that no key goes while what took its place does not open. */
[[nodiscard]] bool key_may_retire(struct work *work, enum key_purpose purpose, struct text id);
