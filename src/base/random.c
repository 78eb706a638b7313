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

struct text random_uuid(struct arena *arena, int64_t now_ms)
{
    unsigned char bytes[UUID_SIZE];
    random_id_bytes(bytes + 6, sizeof bytes - 6);
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)((uint64_t)now_ms >> (40 - 8 * i));
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f));
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f));

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
