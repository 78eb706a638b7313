/* A request of which a target gives the headers, as the parser would let them through. */
#pragma once
#include "base/arena.h"
#include "http/server.h"

/* A line each, "NAME: VALUE"; what the parser would refuse is left out. */
void headers_read(struct request *request, struct arena *arena, struct text lines);
