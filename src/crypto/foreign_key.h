/* Public keys of others, and whether one of them made a signature: by the algorithms named here, and by no
 * other. */
#pragma once
#include "base/arena.h"

enum signature_algorithm { SIGNATURE_RS256, SIGNATURE_ES256, SIGNATURE_EDDSA };

/* By its name in a JOSE header; false of any other: "none", the HMACs, what RSA and other curves can do
 * besides. */
[[nodiscard]] bool signature_algorithm_named(struct text name, enum signature_algorithm *algorithm);

/* As a JWK has it (RFC 7518 §6, RFC 8037), decoded: of RS256 modulus and exponent, of ES256 x and y, of EdDSA
 * x. */
struct foreign_key {
    enum signature_algorithm algorithm; /* the one that this kind of key is for */
    struct text parts[2];
};

/* False too where the key is none, or weaker than 112 bits. */
bool foreign_key_verifies(const struct foreign_key *key, struct text data, struct text signature);
