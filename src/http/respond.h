/* A response as the bytes that go out. */
#pragma once
#include "http/server.h"

enum { DATE_HEADER_SIZE = 64 };

/* The Date header's line, made anew once a second. */
struct date_line {
    char text[DATE_HEADER_SIZE];
    size_t length;
    int64_t good_until_us; /* monotonic */
};
void date_line_refresh(struct date_line *date, int64_t now_us);

/*
 * Writes the head, and behind it a body that is small; *body is what is left to send from its own place.
 * HEAD, 204 and 304 have no body.
 */
struct text respond(const struct exchange *exchange, const struct date_line *date, bool close,
                    struct text *body);
