/* One call to a server of ours that is near: the command line talks to DATA/nidia.sock with it. Blocks. */
#pragma once
#include "base/error.h"
#include "http/server.h"

struct http_call {
    const char *address; /* "unix:/path" or "127.0.0.1:8080" */
    const char *method, *target;
    const struct header *headers; /* besides Host, Content-Length and Connection */
    size_t header_count;
    struct text body;
    int timeout_ms; /* for all of it; 0 = 30 s */
};

/* False: no answer could be had; `unreachable`: nobody listens there, so nothing was asked. Answers have a
 * Content-Length; their body lies in the arena. */
[[nodiscard]] bool http_call(const struct http_call *call, struct arena *arena, int *status,
                             struct text *body, struct error *error);

/* Whoever takes an answer as it comes. False: no more of it. */
struct http_taker {
    bool (*take)(void *context, struct text piece);
    void *context;
};
/* The same for an answer of any length, or of none: of status 200 or 206 the taker gets the body, and
 * `timeout_ms` is for each piece of it. Another status leaves its body. */
[[nodiscard]] bool http_receive(const struct http_call *call, const struct http_taker *taker,
                                struct arena *arena, int *status, struct text *body, struct error *error);
