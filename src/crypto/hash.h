/* Digests and their text forms. */
#pragma once
#include "base/arena.h"

enum { SHA256_SIZE = 32, SHA1_SIZE = 20 };

void sha256(struct text data, unsigned char out[static SHA256_SIZE]);
struct text sha256_hex(struct arena *arena, struct text data); /* 64 lower-case digits */
/* Protects nothing: lists of breached passwords are made of it. 40 upper-case digits and NUL. */
void sha1_hex(struct text data, char out[static 2 * SHA1_SIZE + 1]);
void hmac_sha256(struct text key, struct text data, unsigned char out[static SHA256_SIZE]); /* RFC 2104 */
/* RFC 5869. */
void hkdf_sha256(struct text key, struct text salt, struct text info, unsigned char *out, size_t size);
/* RFC 8018. */
void pbkdf2_sha256(struct text password, struct text salt, unsigned iterations,
                   unsigned char out[static SHA256_SIZE]);

struct text base64url_encode(struct arena *arena, struct text data); /* RFC 4648 §5, no padding */
struct text base64_encode(struct arena *arena, struct text data);    /* RFC 4648 §4, padded */
/* Strict: no padding, no spare bits. */
[[nodiscard]] bool base64url_decode(struct arena *arena, struct text text, struct text *data);
struct text hex_encode(struct arena *arena, struct text data);

bool secret_equal(struct text a, struct text b);             /* in time that depends on the lengths alone */
struct text random_token(struct arena *arena, size_t bytes); /* base64url of fresh random bytes */
