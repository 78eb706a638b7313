/* Files as answers: read while the client takes them, never as a whole in memory; all, or one range of bytes.
 */
#pragma once
#include "api/route.h"

struct download {
    const char *path;
    struct text name;   /* what the client is to call it */
    struct text sha256; /* its ETag: the file never changes */
    int64_t size;
    int64_t first, past; /* set by download_choose: the part that is given */
};

/* By Range and If-Range, where the route's `in_parts` says so (RFC 9110, section 14). What is no range of
 * bytes, or more than one, asks for all. `range_not_satisfiable` where nothing lies in it. */
[[nodiscard]] bool download_choose(struct call *call, struct download *download);
/* `conflict` where the file is not on this machine, or not of that size. */
[[nodiscard]] bool answer_download(struct call *call, const struct download *download);
