/* What `nidia key` does to a ring: keys are added, made current and taken out; the file is replaced whole, so
 * that nobody ever reads half of it. */
#pragma once
#include "crypto/keyring.h"

enum key_step {
    KEY_ADDED,        /* behind the others: known, and not used yet */
    KEY_MADE_CURRENT, /* what was current before stays behind it, with the time */
    KEY_RETIRED,
};

struct keyring_change {
    enum key_step step;
    enum key_purpose purpose;
    struct text id; /* empty: of an added one, some; made current: the one added last that never was */
    int64_t now;
    char done_to[KEY_ID_MAX + 1]; /* whose key it became */
};

/* The ring's text as it is to be; comments stay. `conflict` or `not_found` where it cannot be done. */
[[nodiscard]] bool keyring_change_text(struct arena *arena, struct text ring, struct keyring_change *change,
                                       struct text *changed, struct error *error);

/* The same to a file, one process at a time; it keeps its owner. */
[[nodiscard]] bool keyring_change_file(const char *path, struct keyring_change *change, struct error *error);
