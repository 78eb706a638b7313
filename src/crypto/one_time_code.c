#include "crypto/one_time_code.h"
#include "base/memory.h"
#include <liboath/oath.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Steps to either side: a clock that is a little off, and a code that was read just before it changed. */
enum { WINDOW = 1 };

static void start_library(void)
{
    if (oath_init() != OATH_OK)
        abort();
}

static bool is_code(struct text code)
{
    for (size_t i = 0; i < code.length; i++)
        if (code.data[i] < '0' || code.data[i] > '9')
            return false;
    return code.length == CODE_DIGITS;
}

bool one_time_code_matches(struct text seed, struct text code, int64_t now_ms, int64_t *step)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char digits[CODE_DIGITS + 1] = {};
    uint64_t counter = 0;
    if (!is_code(code))
        return false;
    pthread_once(&once, start_library);
    memcpy(digits, code.data, CODE_DIGITS);
    if (oath_totp_validate3(seed.data, seed.length, (time_t)(now_ms / 1000), STEP_SECONDS, 0, WINDOW, NULL,
                            &counter, digits)
        < 0)
        return false;
    *step = (int64_t)counter;
    return true;
}

struct text base32_encode(struct arena *arena, struct text data)
{
    char *digits;
    size_t length;
    memory_require(oath_base32_encode(data.data, data.length, &digits, &length) == OATH_OK ? digits : NULL);
    struct text text = arena_copy(arena, (struct text){ digits, length });
    free(digits);
    return text;
}
