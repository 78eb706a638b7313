/* The digest of a file of any size, read piece by piece. */
#pragma once
#include "base/arena.h"
#include "base/error.h"

struct file_hash {
    struct text sha256; /* 64 lower-case digits */
    int64_t size;
};

[[nodiscard]] bool file_hash_take(const char *path, struct arena *arena, struct file_hash *hash,
                                  struct error *error);
