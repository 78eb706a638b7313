/* A chore beside its caller, so that what is read at the start uses another core too. */
#include "app/beside.h"
#include "app/parts.h"
#include <stdlib.h>

static void *run(void *data)
{
    struct beside *beside = data;
    beside->done = chore_run(beside->app, beside->piece, NULL, &beside->error);
    return NULL;
}

void beside_begin(struct beside *beside, struct app *app, bool (*piece)(struct work *work, void *data))
{
    *beside = (struct beside){ .app = app, .piece = piece };
    if (pthread_create(&beside->thread, NULL, run, beside) != 0)
        abort();
    pthread_setname_np(beside->thread, "beside");
}

bool beside_end(struct beside *beside, bool went_well, struct error *error)
{
    pthread_join(beside->thread, NULL);
    if (went_well && !beside->done)
        *error = beside->error;
    return went_well && beside->done;
}
