/* The console's cookies: what a script must not read and another site must not send. */
#pragma once
#include "api/route.h"

enum cookie {
    COOKIE_REFRESH,
    COOKIE_DEVICE,
    COOKIE_ATTEMPT, /* comes with who is sent back by another site, to a page of ours */
};

/* Its value; empty: not sent. */
struct text cookie_read(struct call *call, enum cookie cookie);
void cookie_set(struct call *call, enum cookie cookie, struct text value, int64_t seconds);
void cookie_clear(struct call *call, enum cookie cookie);

/* Does the client keep its refresh token in a cookie (`X-Session: cookie`)? Then the request must come from
 * our own pages: `cross_site`. */
[[nodiscard]] bool cookie_mode(struct call *call, bool *wanted);
