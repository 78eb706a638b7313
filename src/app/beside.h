/* A chore in a thread of its own and on a connection of its own, while its caller does something else. */
#pragma once
#include "base/error.h"
#include <pthread.h>

struct app;
struct work;

struct beside {
    struct app *app;
    bool (*piece)(struct work *work, void *data); /* data: NULL */
    pthread_t thread;
    struct error error;
    bool done;
};

void beside_begin(struct beside *beside, struct app *app, bool (*piece)(struct work *work, void *data));
/* Waits for the chore. Did both the caller's part and the chore go well? The error is of the first that did
 * not. */
[[nodiscard]] bool beside_end(struct beside *beside, bool went_well, struct error *error);
