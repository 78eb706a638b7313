/* The reply of GET /resolve: one object in three pieces, each made where what it tells is known. */
#pragma once
#include "base/arena.h"
#include "model/model.h"

enum reply_piece {
    REPLY_own,   /* differs from tenant to tenant */
    REPLY_terms, /* follows from the tenant's terms */
    REPLY_offer, /* follows from the catalog, too */
};

struct text reply_piece(const struct resolution *resolution, enum reply_piece piece, struct arena *arena);
