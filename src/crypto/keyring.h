/*
 * The key ring: a file (0600), an environment variable or a systemd credential; never the database.
 *
 * A line is `PURPOSE ID BASE64URL`; the first of a purpose is the current one, the others still open what
 * they sealed. Behind a key that was current stands when another took its place. Without its keys the program
 * refuses to start: there is no default and no fall-back to plain text.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"

enum key_purpose {
    KEY_SEAL,   /* AES-256-GCM, for secrets at rest */
    KEY_PEPPER, /* HMAC-SHA-256, of passwords */
    KEY_SIGN,   /* Ed25519 seed, of access tokens */
    KEY_COOKIE, /* HMAC-SHA-256, of cursors and known-device cookies */
    KEY_PURPOSE_COUNT
};

enum { KEY_SIZE = 32, KEY_ID_MAX = 16, KEYS_MAX_PER_PURPOSE = 16 };

struct key {
    char id[KEY_ID_MAX + 1];
    unsigned char bytes[KEY_SIZE];
    int64_t replaced_at; /* milliseconds since 1970; 0: it never was current, or still is */
};

extern const char *const key_purpose_names[KEY_PURPOSE_COUNT]; /* as in the file: "seal", "pepper" … */
[[nodiscard]] bool key_purpose_named(struct text name, enum key_purpose *purpose);
/* Ids stand in sealed texts between dots, in hashes' rows and in JSON: nothing there needs escaping. */
bool key_id_is_valid(struct text id);

struct keyring;

/* Reads the text of a ring; every purpose must have a key. */
[[nodiscard]] bool keyring_read(struct keyring **keyring, struct text text, struct error *error);
/* Reads the file, refusing one that others may read; makes it with fresh keys where `create` and it is
 * missing (fsynced, 0600). */
[[nodiscard]] bool keyring_open(struct keyring **keyring, const char *path, bool create, struct error *error);
void keyring_close(struct keyring *keyring); /* and wipes it */

const struct key *keyring_current(const struct keyring *keyring, enum key_purpose purpose);
/* Or NULL. */
const struct key *keyring_find(const struct keyring *keyring, enum key_purpose purpose, struct text id);
size_t keyring_count(const struct keyring *keyring, enum key_purpose purpose);
const struct key *keyring_at(const struct keyring *keyring, enum key_purpose purpose, size_t index);

/* What token.c needs of a KEY_SIGN key, made once: the key as libcrypto holds it, and the header that it
 * signs. */
struct signer {
    struct evp_pkey_st *pair;
    struct text header; /* BASE64URL of the one header that we write, with the dot behind it */
    char header_bytes[96];
};
const struct signer *keyring_signer(const struct keyring *keyring, size_t index);
