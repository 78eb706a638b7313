/* What the main thread does while the others serve: it hears signals and the successor, and feels the pulse.
 */
#pragma once
#include "app/parts.h"
#include "app/successor.h"
#include <signal.h>

/* SIGTERM, SIGINT and SIGHUP. */
sigset_t attended_signals(void);

/* True: a successor is ready to take over. False: SIGTERM or SIGINT. */
bool attend(struct app *app, struct server *server, struct successor *successor);
