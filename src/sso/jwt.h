/* Signed tokens of others (RFC 7515, compact; RFC 7519), and the keys that they publish (RFC 7517). */
#pragma once
#include "crypto/foreign_key.h"
#include "json/json.h"

enum { JWT_LENGTH_MAX = 16 * 1024, JWK_COUNT_MAX = 64, KEY_ID_LENGTH_MAX = 200 };

struct jwt {
    enum signature_algorithm algorithm;
    struct text key_id, type;       /* empty: not told */
    struct text covered, signature; /* what is signed, and by what; decoded */
    struct text payload;            /* JSON, to be read once the signature has been verified */
};

/* False of what is no such token, is signed by an algorithm that we do not take, or wants more understood
 * than we do. */
[[nodiscard]] bool jwt_read(struct arena *arena, struct text token, struct jwt *jwt);

enum jwt_outcome {
    JWT_GENUINE,
    JWT_KEY_MISSING, /* the set has no key of that name and kind */
    JWT_FORGED
};

/* By the keys of a JWK Set; only those of the set, whatever the token says. */
enum jwt_outcome jwt_verify(struct arena *arena, const struct jwt *jwt, struct text key_set);
