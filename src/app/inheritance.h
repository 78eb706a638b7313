/*
 * What a process that begins to serve is given by whoever started it: listening sockets, and from the process
 * that it follows DATA/lock and a line to talk on.
 *
 * systemd says so by LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES (sd_listen_fds(3)): the names are `public` and
 * `internal`. A predecessor says so by NIDIA_HANDOVER, a list of such names.
 */
#pragma once
#include "api/gate.h"
#include "base/arena.h"
#include "http/inherit.h"

enum { INHERITED_FIRST = 3 /* their descriptors, in the order of their names */ };
#define INHERITED_VARIABLE "NIDIA_HANDOVER"
#define INHERITED_LOCK     "lock"
#define INHERITED_LINE     "predecessor"
#define INHERITED_KEPT     "kept/" /* before a socket's name: it is systemd's, and so stays */

extern const char *const inherited_socket_names[LISTENER_KIND_COUNT];

struct inheritance {
    struct inherited sockets[LISTENER_KIND_COUNT];
    int lock; /* -1: it must be taken */
    int line; /* -1: there is no predecessor */
};

/* Takes it out of the environment, so that no child takes it for its own. */
[[nodiscard]] bool inheritance_read(struct inheritance *inheritance, struct arena *arena,
                                    struct error *error);
void inheritance_close_sockets(struct inheritance *inheritance);
