/* A device in words, from its user agent: for people who look
 * through their sessions, never for a decision. */
#pragma once
#include "base/arena.h"

struct device {
    struct text name, type; /* "Firefox on Linux"; "desktop", "mobile", "tablet" or "machine" */
};

/* In a mail: "?" where the agent told nothing. */
static inline struct text device_in_words(struct text name)
{
    return name.length > 0 ? name : TEXT("?");
}

struct device device_of(struct arena *arena, struct text user_agent);
