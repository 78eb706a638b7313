#include "crypto/password.h"
#include "base/random.h"
#include "crypto/algorithms.h"
#include "crypto/hash.h"
#include <crypt.h>
#include <openssl/crypto.h>
#include <string.h>

enum { SALT_SIZE = 16, PEPPERED_LENGTH = 44 };

/* bcrypt over `phrase`, which ends with NUL; false where `setting` is none of bcrypt's. */
static bool bcrypt(const char *phrase, const char *setting, char out[static PASSWORD_HASH_LENGTH + 1])
{
    struct crypt_data data = {};
    const char *hash = crypt_rn(phrase, setting, &data, sizeof data);
    bool done = hash && strlen(hash) == PASSWORD_HASH_LENGTH;
    if (done)
        memcpy(out, hash, PASSWORD_HASH_LENGTH + 1);
    OPENSSL_cleanse(&data, sizeof data);
    return done;
}

/* What bcrypt is given: any password, however long and whatever its bytes, is 44 characters. */
static char *pepper(struct arena *arena, const struct key *key, struct text password)
{
    unsigned char digest[SHA256_SIZE];
    hmac_sha256((struct text){ (const char *)key->bytes, KEY_SIZE }, password, digest);
    struct text phrase = base64_encode(arena, TEXT_BYTES(digest));
    OPENSSL_cleanse(digest, sizeof digest);
    return (char *)(uintptr_t)phrase.data;
}

struct text password_hash(struct arena *arena, const struct keyring *keyring, struct text password, int cost,
                          struct text *pepper_id)
{
    char salt[SALT_SIZE], setting[CRYPT_GENSALT_OUTPUT_SIZE], hash[PASSWORD_HASH_LENGTH + 1];
    random_bytes(salt, sizeof salt);
    const struct key *key = keyring_current(keyring, KEY_PEPPER);
    char *phrase = pepper(arena, key, password);
    algorithm_require(
        crypt_gensalt_rn("$2b$", (unsigned long)cost, salt, sizeof salt, setting, sizeof setting)
        && bcrypt(phrase, setting, hash));
    OPENSSL_cleanse(phrase, PEPPERED_LENGTH);
    *pepper_id = text_from(key->id);
    return arena_copy(arena, (struct text){ hash, PASSWORD_HASH_LENGTH });
}

/* The cost of "$2b$12$…" (or 2a, 2y: imported), or 0 where it is no hash that we would compute. */
static int cost_of(struct text hash)
{
    bool shaped = hash.length == PASSWORD_HASH_LENGTH && hash.data[0] == '$' && hash.data[1] == '2'
               && memchr("aby", hash.data[2], 3) && hash.data[3] == '$' && hash.data[6] == '$';
    int64_t cost;
    if (!shaped || !text_to_integer(text_slice(hash, 4, 6), &cost))
        return 0;
    return cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX ? (int)cost : 0;
}

/* What stands behind the stored hash, by the same salt and cost; false, at no cost, where it is none of ours.
 */
static bool hash_again(struct arena *arena, const struct key *key, struct text password, struct text hash,
                       char out[static PASSWORD_HASH_LENGTH + 1])
{
    if (cost_of(hash) == 0 || (!key && text_find_byte(password, '\0') < password.length))
        return false;
    struct text phrase =
        key ? (struct text){ pepper(arena, key, password), PEPPERED_LENGTH } : arena_copy(arena, password);
    bool done = bcrypt(phrase.data, arena_string(arena, hash), out);
    OPENSSL_cleanse((char *)(uintptr_t)phrase.data, phrase.length);
    return done;
}

/* Costs what a hash of `cost` costs beyond one of `spent` (0: none was made). */
static void spend_the_rest(struct arena *arena, const struct keyring *keyring, struct text password,
                           int spent, int cost)
{
    /* 2^c + (2^c + 2^(c+1) + … + 2^(cost-1)) = 2^cost */
    struct text pepper_id;
    for (int step = spent > 0 ? spent : cost; step < cost + (spent == 0); step++)
        (void)password_hash(arena, keyring, password, step, &pepper_id);
}

bool password_matches(struct arena *arena, const struct keyring *keyring, struct text password,
                      struct text hash, struct text pepper_id, int cost)
{
    const struct key *key = pepper_id.length > 0 ? keyring_find(keyring, KEY_PEPPER, pepper_id) : NULL;
    bool known = key || pepper_id.length == 0;
    char computed[PASSWORD_HASH_LENGTH + 1];
    bool done = known && hash_again(arena, key, password, hash, computed);
    spend_the_rest(arena, keyring, password, done ? cost_of(hash) : 0, cost);
    return done && secret_equal((struct text){ computed, PASSWORD_HASH_LENGTH }, hash);
}

bool password_is_stale(const struct keyring *keyring, struct text hash, struct text pepper_id, int cost)
{
    return cost_of(hash) != cost || !text_starts(hash, TEXT("$2b$"))
        || !text_is(pepper_id, keyring_current(keyring, KEY_PEPPER)->id);
}
