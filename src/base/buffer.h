/* A string that grows, in an arena. `text` is what it holds; a NUL always stands behind it once something was
 * added. */
#pragma once
#include "base/arena.h"

struct buffer {
    struct arena *arena;
    union {
        struct {
            char *data;
            size_t length;
        };
        struct text text;
    };
    size_t capacity;
};

void buffer_grow(struct buffer *buffer, size_t more);
void buffer_add(struct buffer *buffer, struct text text);
void buffer_add_integer(struct buffer *buffer, int64_t integer);
[[gnu::format(printf, 2, 3)]] void buffer_print(struct buffer *buffer, const char *format, ...);

/* Room for so many bytes and the NUL behind them. */
static inline void buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->length <= more)
        buffer_grow(buffer, more);
}

static inline void buffer_add_byte(struct buffer *buffer, char byte)
{
    buffer_reserve(buffer, 1);
    buffer->data[buffer->length++] = byte;
    buffer->data[buffer->length] = '\0';
}
