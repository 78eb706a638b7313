/*
 * Whether the program works: every loop turns, and the workers get an answer from the database (on SQLite
 * through the lane). That is what the watchdog is told of; a database that is away has answered too, since a
 * restart would not bring it back.
 */
#pragma once
#include "app/parts.h"

struct pulse;

struct pulse *pulse_create(struct app *app, struct server *server); /* in the app's arena */
/* Has all that the last call asked for been done? Then asks for it again. Never blocks. */
bool pulse_felt(struct pulse *pulse);
