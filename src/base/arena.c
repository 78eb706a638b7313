#include "base/arena.h"
#include "base/memory.h"
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024 - 64, ALIGNMENT = alignof(max_align_t), FIRST_CAPACITY = 32 };

struct block {
    struct block *next;
    size_t used, size;
    alignas(ALIGNMENT) char memory[];
};

struct arena {
    struct block *blocks; /* the newest first; the last is BLOCK_SIZE and kept by a reset */
};

static struct block *block_create(size_t size, struct block *next)
{
    struct block *block = memory_require(malloc(sizeof *block + size));
    *block = (struct block){ .next = next, .size = size };
    return block;
}

struct arena *arena_create(void)
{
    struct arena *arena = memory_new(struct arena);
    arena->blocks = block_create(BLOCK_SIZE, NULL);
    return arena;
}

void arena_reset(struct arena *arena)
{
    while (arena->blocks->next) {
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->blocks->used = 0;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena->blocks);
    free(arena);
}

void arena_cleanup(struct arena **arena)
{
    arena_destroy(*arena);
}

static size_t aligned(size_t size)
{
    if (size > SIZE_MAX / 2)
        memory_is_out();
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* As it is found: for who writes all of it. */
static void *take(struct arena *arena, size_t size)
{
    size = aligned(size ? size : 1);
    struct block *block = arena->blocks;
    if (size > block->size - block->used)
        arena->blocks = block = block_create(size > BLOCK_SIZE ? size : BLOCK_SIZE, block);
    void *memory = block->memory + block->used;
    block->used += size;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size ? size : 1);
}

void *arena_alloc_array(struct arena *arena, size_t size, size_t count)
{
    size_t total;
    if (__builtin_mul_overflow(size, count, &total))
        memory_is_out();
    return arena_alloc(arena, total);
}

void *arena_grow(struct arena *arena, void *memory, size_t old_size, size_t new_size)
{
    struct block *block = arena->blocks;
    size_t old = aligned(old_size ? old_size : 1), new = aligned(new_size ? new_size : 1);
    bool latest = memory && (char *)memory + old == block->memory + block->used;
    if (latest && new - old <= block->size - block->used) {
        memset(block->memory + block->used, 0, new - old);
        block->used += new - old;
        return memory;
    }
    void *copy = arena_alloc(arena, new_size);
    if (memory)
        memcpy(copy, memory, old_size);
    return copy;
}

struct text arena_copy(struct arena *arena, struct text text)
{
    char *copy = take(arena, text.length + 1);
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return (struct text){ copy, text.length };
}

struct text arena_copy_lower(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.length + 1);
    for (size_t i = 0; i < text.length; i++)
        copy[i] = byte_lower(text.data[i]);
    return (struct text){ copy, text.length };
}

void *arena_extend(struct arena *arena, void *list, size_t item_size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return list;
    size_t size = item_size * *capacity;
    *capacity = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    return arena_grow(arena, list, size, item_size * *capacity);
}

const char *arena_string(struct arena *arena, struct text text)
{
    return arena_copy(arena, text).data;
}

/* Printed where the arena has room left; once more, where that was too small. */
struct text arena_format(struct arena *arena, const char *format, ...)
{
    struct block *block = arena->blocks;
    char *data = block->memory + block->used;
    size_t room = block->size - block->used;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(data, room, format, arguments) + 1;
    va_end(arguments);
    bool fits = size <= room;
    data = take(arena, size);
    if (!fits)
        vsnprintf(data, size, format, again);
    va_end(again);
    return (struct text){ data, size - 1 };
}
