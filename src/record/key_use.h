/* Which keys the database needs: those that something stored is sealed or hashed with, whether the ring has
 * them or not. */
#pragma once
#include "base/random.h"
#include "crypto/keyring.h"
#include "record/work.h"

struct key_use {
    enum key_purpose purpose;
    char key_id[KEY_ID_MAX + 1]; /* empty: the text does not name one */
    char what[64];               /* "tenants.db_password_encrypted" */
    int64_t count;
    int64_t closed;                  /* of those that were tried: how many do not open */
    bool is_lost;                    /* the ring has no such key: none opens */
    char closed_id[UUID_LENGTH + 1]; /* of one that does not open */
};

struct key_uses {
    struct arena *arena;
    struct key_use *list;
    size_t count, capacity;
};

enum key_look {
    KEYS_ALL,       /* which each value names */
    KEYS_BUT_USUAL, /* but those sealed under the current key, which are nearly all: it is not lost */
    KEYS_TRIED,     /* every sealed value is opened besides, which takes its time */
};
[[nodiscard]] bool key_uses_read(struct work *work, enum key_look look, struct key_uses *uses);
