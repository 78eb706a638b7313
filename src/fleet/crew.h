/* Threads that work through a list at the same time, each with a connection and memory of its own. */
#pragma once
#include "record/work.h"

struct crew {
    struct site *site;
    int64_t threads; /* at most */
    size_t count;    /* items */
    void *data;
    /* In one of the threads, as the system. work->db is NULL where no connection could be made: the error
     * says why. */
    void (*work_on)(struct work *work, size_t item, void *data);
    /* Meanwhile, in the caller's thread, several times a second. */
    void (*beat)(void *data);
};

/* Returns when all items have come to their end. */
void crew_run(const struct crew *crew);
