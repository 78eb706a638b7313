/*
 * What the DNS says, asked of given servers or the system's, over UDP and, where an answer does not fit, TCP.
 * Each call blocks for at most LOOKUP_DEADLINE_MS: none is made by a loop, nor within a transaction.
 */
#pragma once
#include "base/arena.h"
#include <sys/socket.h>

enum { LOOKUP_DEADLINE_MS = 4'000, LOOKUP_ADDRESSES_MAX = 16 };

enum lookup_outcome {
    LOOKUP_FOUND,
    LOOKUP_NONE,   /* the DNS says for certain that there is nothing */
    LOOKUP_FAILED, /* nobody could tell: no answer in time, or none that is one */
};

struct lookup {
    struct arena *arena;
    const char *servers; /* "127.0.0.1:5353,[::1]:53"; empty: as the system does */
    const char *why;     /* of LOOKUP_FAILED, in the library's words */
};

/* The TXT records of a name, the strings of each joined; a message's 64 kB bound them all. */
struct lookup_texts {
    struct text *list;
    size_t count;
};
enum lookup_outcome lookup_texts(struct lookup *lookup, const char *name, struct lookup_texts *found);

struct lookup_addresses {
    struct sockaddr_storage list[LOOKUP_ADDRESSES_MAX]; /* with the port */
    size_t count;
};
enum lookup_outcome lookup_addresses(struct lookup *lookup, const char *name, int port,
                                     struct lookup_addresses *found);
