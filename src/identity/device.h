/* A device in words, from its user agent: for people who look
 * through their sessions, never for a decision. */
#pragma once
#include "base/arena.h"

struct device {
    struct text name, type; /* "Firefox on Linux"; "desktop", "mobile", "tablet" or "machine" */
};

struct device device_of(struct arena *arena, struct text user_agent);
