#include "crypto/seal.h"
#include "base/random.h"
#include "crypto/algorithms.h"
#include "crypto/hash.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16 };

static void free_cipher(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

struct text seal_with(struct arena *arena, const unsigned char key[static KEY_SIZE], struct text plain,
                      struct text place)
{
    size_t size = NONCE_SIZE + plain.length + TAG_SIZE;
    unsigned char *bytes = arena_alloc(arena, size), *body = bytes + NONCE_SIZE;
    random_bytes(bytes, NONCE_SIZE);

    [[gnu::cleanup(free_cipher)]] EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int length;
    algorithm_require(
        context && EVP_EncryptInit_ex2(context, algorithms()->aes_256_gcm, key, bytes, NULL) == 1
        && EVP_EncryptUpdate(context, NULL, &length, (const unsigned char *)place.data, (int)place.length)
               == 1
        && EVP_EncryptUpdate(context, body, &length, (const unsigned char *)plain.data, (int)plain.length)
               == 1
        && EVP_EncryptFinal_ex(context, body + plain.length, &length) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + plain.length) == 1);
    return base64url_encode(arena, (struct text){ (const char *)bytes, size });
}

static bool open_bytes(struct arena *arena, const unsigned char *key, struct text bytes, struct text place,
                       struct text *plain)
{
    if (bytes.length < NONCE_SIZE + TAG_SIZE)
        return false;
    const unsigned char *nonce = (const unsigned char *)bytes.data, *body = nonce + NONCE_SIZE;
    size_t size = bytes.length - NONCE_SIZE - TAG_SIZE;
    unsigned char *out = arena_alloc(arena, size + 1), tag[TAG_SIZE];
    for (size_t i = 0; i < TAG_SIZE; i++)
        tag[i] = body[size + i];

    [[gnu::cleanup(free_cipher)]] EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int length;
    algorithm_require(
        context && EVP_DecryptInit_ex2(context, algorithms()->aes_256_gcm, key, nonce, NULL) == 1
        && EVP_DecryptUpdate(context, NULL, &length, (const unsigned char *)place.data, (int)place.length)
               == 1
        && EVP_DecryptUpdate(context, out, &length, body, (int)size) == 1
        && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1);
    if (EVP_DecryptFinal_ex(context, out + size, &length) != 1) {
        OPENSSL_cleanse(out, size);
        return false;
    }
    *plain = (struct text){ (const char *)out, size };
    return true;
}

bool unseal_with(struct arena *arena, const unsigned char key[static KEY_SIZE], struct text sealed,
                 struct text place, struct text *plain, struct error *error)
{
    struct text bytes;
    if (!base64url_decode(arena, sealed, &bytes) || !open_bytes(arena, key, bytes, place, plain))
        return fail(error, ERROR_internal, "what is sealed at %.*s does not open", TEXT_ARG(place));
    return true;
}

struct text seal(struct arena *arena, const struct keyring *keyring, struct text plain, struct text place)
{
    const struct key *key = keyring_current(keyring, KEY_SEAL);
    struct text sealed = seal_with(arena, key->bytes, plain, place);
    return arena_format(arena, "v1.%s.%.*s", key->id, TEXT_ARG(sealed));
}

struct text seal_head(struct arena *arena, const struct keyring *keyring)
{
    return arena_format(arena, "v1.%s.", keyring_current(keyring, KEY_SEAL)->id);
}

/* Cuts "v1.KEYID." off and finds the key; NULL where either is not ours. */
static const struct key *key_of(const struct keyring *keyring, struct text *sealed)
{
    if (!text_is(text_cut(sealed, '.'), "v1"))
        return NULL;
    return keyring_find(keyring, KEY_SEAL, text_cut(sealed, '.'));
}

bool unseal(struct arena *arena, const struct keyring *keyring, struct text sealed, struct text place,
            struct text *plain, struct error *error)
{
    const struct key *key = key_of(keyring, &sealed);
    if (!key)
        return fail(error, ERROR_internal, "the key ring has no key for what is sealed at %.*s",
                    TEXT_ARG(place));
    return unseal_with(arena, key->bytes, sealed, place, plain, error);
}

struct text seal_key_id(struct text sealed)
{
    bool is_ours = text_is(text_cut(&sealed, '.'), "v1");
    struct text id = text_cut(&sealed, '.');
    return is_ours && key_id_is_valid(id) ? id : TEXT("");
}

bool seal_is_current(const struct keyring *keyring, struct text sealed)
{
    return key_of(keyring, &sealed) == keyring_current(keyring, KEY_SEAL);
}
