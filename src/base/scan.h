/* Looking at eight bytes at a time for the few that matter. */
#pragma once
#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { SCAN_STEP = sizeof(uint64_t) };

#define SCAN_EACH(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))

static inline uint64_t scan_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

/*
 * The highest bit of each byte that is less than `limit` (at most 0x80). A borrow can mark bytes behind the
 * first that is marked rightly, so only the first mark counts; without any there is no such byte.
 */
static inline uint64_t scan_less(uint64_t word, unsigned char limit)
{
    return (word - SCAN_EACH(limit)) & ~word & SCAN_EACH(0x80);
}

static inline uint64_t scan_equal(uint64_t word, unsigned char byte)
{
    return scan_less(word ^ SCAN_EACH(byte), 1);
}

static inline size_t scan_first(uint64_t marks)
{
    return (size_t)__builtin_ctzll(marks) / 8;
}
