/*
 * Where values stand that are sealed under the ring: the columns of the model with a `seal_place`, walked
 * without knowing what they are for.
 */
#pragma once
#include "record/work.h"

struct table;
struct column;

enum { SEALED_PIECE_ROWS = 100 };

struct sealed_value {
    struct text id, place, sealed;
};

struct sealed_piece {
    const struct table *table;
    const struct column *column;
    struct sealed_value values[SEALED_PIECE_ROWS]; /* by id */
    size_t count;
};

struct sealed_walk {
    struct text but; /* not those whose text begins so; empty: all */
    int head;        /* of each value the first bytes alone; 0: all of it */
    /* False ends the walk. What lies in the work's arena is gone with the piece. */
    bool (*visit)(struct work *work, const struct sealed_piece *piece, void *data);
    void *data;
};

/* Outside of any transaction. False where `visit` ended it, or where it failed: then work->error says why. */
bool sealed_visit(struct work *work, const struct sealed_walk *walk);
