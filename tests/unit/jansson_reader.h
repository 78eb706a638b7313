/* jansson behind a wall: it and our reader have functions of the same names. */
#pragma once
#include "base/arena.h"

struct jansson_reading {
    bool taken;
    struct text written; /* if taken: compact, as jansson understood it */
    struct text why;     /* if not */
};

struct jansson_reading jansson_read(struct arena *arena, struct text text);
