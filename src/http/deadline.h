/*
 * Deadlines by kind. All of one kind last equally long, so each kind is a queue in the order of its
 * beginnings: setting, clearing and finding the next cost the same however many connections there are.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum deadline_kind {
    DEADLINE_NONE,
    DEADLINE_TURN, /* others go first; lasts no time */
    DEADLINE_IDLE,
    DEADLINE_HEAD,
    DEADLINE_BODY,
    DEADLINE_WRITE,
    DEADLINE_QUIET, /* a stream sent nothing */
    DEADLINE_LINGER,
    DEADLINE_ACCEPT, /* descriptors ran out: accepting rests */
    DEADLINE_LISTEN, /* the server drains: for those who were on the way */
    DEADLINE_COUNT
};

struct deadline {
    struct deadline *previous, *next;
    enum deadline_kind kind; /* NONE: it is in no queue */
    int64_t since_us;
};

struct deadlines {
    struct deadline ends[DEADLINE_COUNT]; /* of each ring */
    int64_t duration_us[DEADLINE_COUNT];
};

void deadlines_begin(struct deadlines *deadlines, const int durations_ms[static DEADLINE_COUNT]);
/* One of the same kind that runs already runs on. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind,
                  int64_t now_us);
void deadline_clear(struct deadline *deadline);
struct deadline *deadlines_expired(struct deadlines *deadlines, int64_t now_us); /* one of them, or NULL */
int deadlines_wait_ms(const struct deadlines *deadlines, int64_t now_us); /* to the next; -1: there is none */
