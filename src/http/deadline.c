#include "http/deadline.h"
#include <limits.h>
#include <stddef.h>

void deadlines_begin(struct deadlines *deadlines, const int durations_ms[static DEADLINE_COUNT])
{
    for (int i = 0; i < DEADLINE_COUNT; i++) {
        struct deadline *end = &deadlines->ends[i];
        *end = (struct deadline){ .previous = end, .next = end };
        deadlines->duration_us[i] = (int64_t)durations_ms[i] * 1000;
    }
}

void deadline_clear(struct deadline *deadline)
{
    if (deadline->kind == DEADLINE_NONE)
        return;
    deadline->previous->next = deadline->next;
    deadline->next->previous = deadline->previous;
    deadline->kind = DEADLINE_NONE;
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind,
                  int64_t now_us)
{
    if (deadline->kind == kind)
        return;
    deadline_clear(deadline);
    struct deadline *end = &deadlines->ends[kind];
    *deadline = (struct deadline){ .previous = end->previous, .next = end, .kind = kind, .since_us = now_us };
    end->previous->next = deadline;
    end->previous = deadline;
}

struct deadline *deadlines_expired(struct deadlines *deadlines, int64_t now_us)
{
    for (int i = 0; i < DEADLINE_COUNT; i++) {
        struct deadline *first = deadlines->ends[i].next;
        if (first != &deadlines->ends[i] && first->since_us + deadlines->duration_us[i] < now_us)
            return first;
    }
    return NULL;
}

int deadlines_wait_ms(const struct deadlines *deadlines, int64_t now_us)
{
    int64_t wait_us = INT64_MAX;
    for (int i = 0; i < DEADLINE_COUNT; i++) {
        const struct deadline *first = deadlines->ends[i].next;
        int64_t left_us = first->since_us + deadlines->duration_us[i] - now_us;
        if (first != &deadlines->ends[i] && left_us < wait_us)
            wait_us = left_us;
    }
    if (wait_us == INT64_MAX)
        return -1;
    return wait_us <= 0 ? 0 : wait_us / 1000 >= INT_MAX ? INT_MAX : (int)((wait_us + 999) / 1000);
}
