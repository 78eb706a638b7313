/* A mail as it travels: MIME (RFC 2045, 5322) with a text and an HTML form, by gmime. */
#pragma once
#include "base/arena.h"
#include "base/error.h"

struct mail {
    struct text id;       /* a UUID: the Message-ID is made of it, the same at each attempt */
    struct text from, to; /* addresses alone */
    struct text from_name, to_name;
    struct text subject, text, html, language;
    int64_t date_ms;
};

/* The message, its lines ended by CR LF. `malformed` where an address or a header holds control characters.
 */
[[nodiscard]] bool mail_build(struct arena *arena, const struct mail *mail, struct text *message,
                              struct error *error);
