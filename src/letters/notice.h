/* Letters about a person's account, to that person: in their language, with the time as their clocks show it.
 */
#pragma once
#include "letters/letter.h"

struct notice {
    enum mail_kind kind;
    const struct user *user;      /* a whole row */
    struct text to;               /* empty: the user's own address */
    const struct mail_word *more; /* beside name, email and time; ended by a NULL name; NULL: none */
};

/* In a transaction. */
[[nodiscard]] bool notice_send(struct work *work, const struct notice *notice);

/* "22 de noviembre de 2026, 16:49 (America/Bogota)" */
struct text notice_time(struct arena *arena, const struct user *user, int64_t time_ms);
