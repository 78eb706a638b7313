#include "base/random.h"
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(void *out, size_t size)
{
    char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0)
            abort(); /* the kernel's generator is there from boot on, or nothing is safe */
        at += got;
        size -= (size_t)got;
    }
}

static const char hex[] = "0123456789abcdef";

/* Of ids, which are no secrets: one call of the kernel's serves many of them. */
static void random_id_bytes(unsigned char *out, size_t size)
{
    static _Thread_local unsigned char pool[512];
    static _Thread_local size_t left;
    if (left < size) {
        random_bytes(pool, sizeof pool);
        left = sizeof pool;
    }
    memcpy(out, pool + sizeof pool - left, size);
    left -= size;
}

struct text uuid_print(const unsigned char bytes[static UUID_SIZE], char out[static UUID_LENGTH])
{
    char *at = out;
    for (int i = 0; i < UUID_SIZE; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    return (struct text){ out, UUID_LENGTH };
}

/* The 74 bits behind the time (RFC 9562 §6.2, method 2): within a millisecond each is more than the last by a
   random step, so that what one transaction makes is in the order in which it was made. */
struct uuid_tail {
    uint64_t high, low; /* 12 bits, the first of them zero at first: room to carry; 62 bits */
};

static struct uuid_tail uuid_tail_next(int64_t now_ms)
{
    static _Thread_local struct uuid_tail tail;
    static _Thread_local int64_t made_ms = -1;
    const uint64_t low_mask = (UINT64_C(1) << 62) - 1;
    uint32_t step;
    if (made_ms == now_ms) {
        random_id_bytes((unsigned char *)&step, sizeof step);
        tail.low += UINT64_C(1) + step;
        tail.high += tail.low >> 62;
    } else {
        random_id_bytes((unsigned char *)&tail, sizeof tail);
        tail.high &= 0x7ff;
    }
    made_ms = now_ms;
    tail.low &= low_mask;
    return tail;
}

static void put_big_endian(unsigned char *out, uint64_t number, int size)
{
    for (int i = size - 1; i >= 0; i--, number >>= 8)
        out[i] = (unsigned char)(number & 0xff);
}

struct text random_uuid(struct arena *arena, int64_t now_ms)
{
    unsigned char bytes[UUID_SIZE];
    struct uuid_tail tail = uuid_tail_next(now_ms);
    put_big_endian(bytes, (uint64_t)now_ms, 6);
    put_big_endian(bytes + 6, UINT64_C(0x7000) | tail.high, 2);
    put_big_endian(bytes + 8, UINT64_C(1) << 63 | tail.low, 8);

    return uuid_print(bytes, arena_alloc(arena, UUID_LENGTH + 1));
}

bool text_is_uuid(struct text text)
{
    if (text.length != UUID_LENGTH)
        return false;
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char byte = text.data[i];
        if (dash ? byte != '-' : !((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f')))
            return false;
    }
    return true;
}
