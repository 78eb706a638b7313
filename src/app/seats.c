#include "api/flight.h"
#include "app/parts.h"
#include "base/memory.h"
#include "sql/database.h"
#include <stdlib.h>

void *seat_begin_bare(void *context)
{
    struct app *app = context;
    struct seat *seat = memory_new(struct seat);
    seat->gate = &app->gate;
    return seat;
}

/* A thread whose connection fails now asks again when it is needed; until then its callers get a 503. */
void *seat_begin(void *context)
{
    struct app *app = context;
    struct seat *seat = seat_begin_bare(app);
    struct error ignored = {};
    if (!database_connect(app->site.database, &seat->db, &ignored))
        seat->db = NULL;
    return seat;
}

void seat_end(void *state)
{
    struct seat *seat = state;
    flight_destroy(seat->flight);
    db_close(seat->db);
    free(seat);
}
