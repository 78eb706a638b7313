/*
 * Memory of one request or job: taken piece by piece, given back all at once.
 *
 * Nothing in an arena is freed by hand. An arena belongs to one thread at a time.
 */
#pragma once
#include "base/text.h"

struct arena;

struct arena *arena_create(void);
void arena_reset(struct arena *arena); /* everything in it is gone; its first block is kept */
void arena_destroy(struct arena *arena);
void arena_cleanup(struct arena **arena); /* for [[gnu::cleanup]] */

/* Zeroed, never NULL: running out of memory ends the process. */
[[gnu::malloc, gnu::returns_nonnull]] void *arena_alloc(struct arena *arena, size_t size);
struct text arena_copy(struct arena *arena, struct text text);       /* a NUL stands behind it */
struct text arena_copy_lower(struct arena *arena, struct text text); /* ASCII letters alone, so are e-mails */
[[gnu::format(printf, 2, 3)]] struct text arena_format(struct arena *arena, const char *format, ...);
const char *arena_string(struct arena *arena, struct text text); /* with a NUL, for libraries that want one */

/* Grows memory that arena_alloc gave: in place where it was the latest, else a copy. */
void *arena_grow(struct arena *arena, void *memory, size_t old_size, size_t new_size);

/* The list, with room for one item more than the `count` that it holds; *capacity (0: no list yet) tells for
 * how many. */
void *arena_extend(struct arena *arena, void *list, size_t item_size, size_t count, size_t *capacity);

#define arena_new(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), sizeof(type), (count)))
[[gnu::malloc, gnu::returns_nonnull]] void *arena_alloc_array(struct arena *arena, size_t size, size_t count);
