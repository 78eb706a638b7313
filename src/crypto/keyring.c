#include "crypto/keyring.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "base/memory.h"
#include "base/random.h"
#include "crypto/algorithms.h"
#include "crypto/hash.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct keyring {
    struct key keys[KEY_PURPOSE_COUNT][KEYS_MAX_PER_PURPOSE];
    size_t counts[KEY_PURPOSE_COUNT];
    struct signer signers[KEYS_MAX_PER_PURPOSE];
};

const char *const key_purpose_names[KEY_PURPOSE_COUNT] = {
    [KEY_SEAL] = "seal", [KEY_PEPPER] = "pepper", [KEY_SIGN] = "sign", [KEY_COOKIE] = "cookie"
};

bool key_id_is_valid(struct text id)
{
    return text_consists_of(id, "abcdefghijklmnopqrstuvwxyz0123456789-_") && id.length <= KEY_ID_MAX;
}

bool key_purpose_named(struct text name, enum key_purpose *purpose)
{
    for (*purpose = 0; *purpose < KEY_PURPOSE_COUNT; (*purpose)++)
        if (text_is(name, key_purpose_names[*purpose]))
            return true;
    return false;
}

static bool add_key(struct keyring *keyring, struct arena *arena, struct text line)
{
    enum key_purpose purpose;
    if (!key_purpose_named(text_cut(&line, ' '), &purpose))
        return false;
    struct text id = text_cut(&line, ' '), secret = text_cut(&line, ' '), bytes;
    size_t *count = &keyring->counts[purpose];
    int64_t replaced_at = 0;
    if (*count == KEYS_MAX_PER_PURPOSE || !key_id_is_valid(id) || keyring_find(keyring, purpose, id)
        || !base64url_decode(arena, secret, &bytes) || bytes.length != KEY_SIZE
        || (line.length > 0 && !calendar_read_time(text_trim(line), &replaced_at)))
        return false;
    struct key *key = &keyring->keys[purpose][(*count)++];
    memcpy(key->id, id.data, id.length);
    memcpy(key->bytes, bytes.data, KEY_SIZE);
    key->replaced_at = replaced_at;
    OPENSSL_cleanse((char *)(uintptr_t)bytes.data, bytes.length);
    return true;
}

static void prepare_signer(struct arena *arena, const struct key *key, struct signer *signer)
{
    signer->pair = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, key->bytes, KEY_SIZE);
    algorithm_require(signer->pair);
    struct text json = arena_format(arena, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", key->id);
    struct text header = base64url_encode(arena, json);
    int length = snprintf(signer->header_bytes, sizeof signer->header_bytes, "%.*s.", TEXT_ARG(header));
    signer->header = (struct text){ signer->header_bytes, (size_t)length };
}

static bool read_lines(struct keyring *keyring, struct arena *arena, struct text text, struct error *error)
{
    for (int number = 1; text.length > 0; number++) {
        struct text line = text_trim(text_cut(&text, '\n'));
        if (line.length > 0 && line.data[0] != '#' && !add_key(keyring, arena, line))
            return fail(error, ERROR_internal, "the key ring's line %d is not `PURPOSE ID BASE64URL`",
                        number);
    }
    for (size_t i = 0; i < KEY_PURPOSE_COUNT; i++)
        if (keyring->counts[i] == 0)
            return fail(error, ERROR_internal, "the key ring has no key to %s with", key_purpose_names[i]);
    return true;
}

bool keyring_read(struct keyring **keyring, struct text text, struct error *error)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct keyring *read = memory_new(struct keyring);
    if (!read_lines(read, arena, text, error)) {
        keyring_close(read);
        return false;
    }
    for (size_t i = 0; i < read->counts[KEY_SIGN]; i++)
        prepare_signer(arena, &read->keys[KEY_SIGN][i], &read->signers[i]);
    *keyring = read;
    return true;
}

void keyring_close(struct keyring *keyring)
{
    if (!keyring)
        return;
    for (size_t i = 0; i < KEYS_MAX_PER_PURPOSE; i++)
        EVP_PKEY_free(keyring->signers[i].pair);
    OPENSSL_cleanse(keyring, sizeof *keyring);
    free(keyring);
}

const struct key *keyring_current(const struct keyring *keyring, enum key_purpose purpose)
{
    return &keyring->keys[purpose][0];
}

const struct key *keyring_find(const struct keyring *keyring, enum key_purpose purpose, struct text id)
{
    for (size_t i = 0; i < keyring->counts[purpose]; i++)
        if (text_is(id, keyring->keys[purpose][i].id))
            return &keyring->keys[purpose][i];
    return NULL;
}

size_t keyring_count(const struct keyring *keyring, enum key_purpose purpose)
{
    return keyring->counts[purpose];
}

const struct key *keyring_at(const struct keyring *keyring, enum key_purpose purpose, size_t index)
{
    return &keyring->keys[purpose][index];
}

const struct signer *keyring_signer(const struct keyring *keyring, size_t index)
{
    return &keyring->signers[index];
}
