/* Randomness from the operating system, and the ids made of it. */
#pragma once
#include "base/arena.h"

enum { UUID_LENGTH = 36 };

void random_bytes(void *out, size_t size);

/* UUIDv7 (RFC 9562), lower case: the time in ms, then 74 random bits. */
struct text random_uuid(struct arena *arena, int64_t now_ms);

bool text_is_uuid(struct text text); /* any version, lower case only */
