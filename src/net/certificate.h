/* What certificate a server shows for a name: a real TLS handshake with it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { CERTIFICATE_DEADLINE_MS = 5'000, CERTIFICATE_WHY_MAX = 160 };

struct certificate {
    bool is_valid;                 /* trusted, of this name, in its time */
    int64_t expires_at_ms;         /* 0: none was shown */
    char why[CERTIFICATE_WHY_MAX]; /* it is not valid */
};

/* Blocks for at most CERTIFICATE_DEADLINE_MS. `trusted`: a file of authorities; empty: the system's. */
void certificate_look(const struct sockaddr_storage *address, const char *name, const char *trusted,
                      struct certificate *certificate);
