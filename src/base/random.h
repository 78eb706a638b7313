/* Randomness from the operating system, and the ids made of it. */
#pragma once
#include "base/arena.h"

enum { UUID_LENGTH = 36, UUID_SIZE = 16 };

void random_bytes(void *out, size_t size);

/* UUIDv7 (RFC 9562), lower case: the time in ms, then 74 random bits; of one thread and millisecond they
 * ascend. */
struct text random_uuid(struct arena *arena, int64_t now_ms);

/* Sixteen bytes as text, which lies in `out`. */
struct text uuid_print(const unsigned char bytes[static UUID_SIZE], char out[static UUID_LENGTH]);

bool text_is_uuid(struct text text); /* any version, lower case only */
