/* A security key made of libcrypto: it answers as a real one does, or as one that lies. */
#pragma once
#include "crypto/webauthn.h"
#include <openssl/evp.h>

enum {
    AUTHENTICATOR_PRESENT = 0x01,
    AUTHENTICATOR_VERIFIED = 0x04,
    AUTHENTICATOR_ATTESTED = 0x40,
    AUTHENTICATOR_EXTENDED = 0x80,
};

struct authenticator {
    struct arena *arena;
    EVP_PKEY *pair;
    enum webauthn_algorithm algorithm; /* what it says of its key, too */
    const char *credential_id, *relying_party;
    unsigned flags;
    unsigned sign_count;
    struct text extensions; /* CBOR; goes with AUTHENTICATOR_EXTENDED */
};

struct authenticator authenticator_create(struct arena *arena, enum webauthn_algorithm algorithm);
void authenticator_destroy(struct authenticator *authenticator); /* for [[gnu::cleanup]] */

/* What is signed; `attested`: with the public key in it. */
struct text authenticator_say(struct authenticator *authenticator, bool attested);
struct text authenticator_sign(struct authenticator *authenticator, struct text said,
                               struct text client_data);

enum attestation_format { ATTEST_NONE, ATTEST_SELF, ATTEST_BY_CERTIFICATE };
struct text authenticator_attest(struct authenticator *authenticator, enum attestation_format format,
                                 struct text client_data);
