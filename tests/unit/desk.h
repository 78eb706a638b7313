/* Where queries are read: the work of one reader, with a key ring and no database. */
#pragma once
#include "record/query.h"
#include "record/site.h"

struct desk {
    struct site site;
    struct work work;
};

void desk_begin(struct desk *desk, enum role role);
void desk_end(struct desk *desk);

/* DESK_RING is what it begins with; DESK_ROTATED has another cookie key before that ring's, DESK_OTHER only
 * that. */
enum desk_ring { DESK_RING, DESK_ROTATED, DESK_OTHER };
void desk_use_ring(struct desk *desk, enum desk_ring ring);

bool desk_ask(struct desk *desk, const struct table *table, const char *text, struct query *query);

/* "/name required; /slug too_short 3" */
const char *faults_told(struct arena *arena, const struct error *error);
