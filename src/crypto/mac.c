#include "crypto/mac.h"
#include "crypto/hash.h"
#include <assert.h>

static_assert((int)MAC_SIZE == (int)SHA256_SIZE);

static struct text mac_with(struct arena *arena, const struct key *key, struct text covered)
{
    unsigned char mac[MAC_SIZE];
    hmac_sha256(TEXT_BYTES(key->bytes), covered, mac);
    return arena_copy(arena, TEXT_BYTES(mac));
}

struct text mac_make(struct arena *arena, const struct keyring *keyring, struct text covered)
{
    return mac_with(arena, keyring_current(keyring, KEY_COOKIE), covered);
}

bool mac_matches(struct arena *arena, const struct keyring *keyring, struct text covered, struct text mac)
{
    if (mac.length < MAC_SIZE_MIN)
        return false;
    for (size_t i = 0; i < keyring_count(keyring, KEY_COOKIE); i++) {
        struct text ours = mac_with(arena, keyring_at(keyring, KEY_COOKIE, i), covered);
        if (secret_equal(mac, text_slice(ours, 0, mac.length)))
            return true;
    }
    return false;
}
