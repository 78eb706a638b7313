/*
 * A loop's own connection to PostgreSQL, over which it sends the reads by key that came while the flight
 * before was on its way, and answers them as they land, without ever waiting: no thread but the loop's is
 * woken for them.
 *
 * It is made by a worker, since that takes time. While there is none, or the server is slow, and for whatever
 * did not come back in a flight, the workers do the reading: they wait, connect again and say what is wrong.
 */
#pragma once
#include "api/call.h"

struct flight;

/* In the loop's thread; the gate's workers must be there until it is destroyed. */
struct flight *flight_create(struct gate *gate);
void flight_destroy(struct flight *flight);

/* Takes an admitted call of a route in halves. False: a worker should. */
[[nodiscard]] bool flight_take(struct flight *flight, struct call *call);
/* The loop has served what was ready: what waits is sent, or gets a worker where a flight is late. */
void flight_depart(struct flight *flight);
/* The loop's next call after the connection could be read. */
void flight_land(struct flight *flight);
