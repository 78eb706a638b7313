/* Serving: the listeners, the loops, and an orderly end. */
#pragma once
#include "app/inheritance.h"
#include "app/parts.h"

[[nodiscard]] bool serve_begin(struct app *app, struct inheritance *heritage, struct server **server,
                               struct error *error);
void serve_end(struct app *app, struct server *server); /* drains and stops it */
