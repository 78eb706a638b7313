/*
 * Hears what other nodes announce (PostgreSQL's LISTEN nidia), on a thread and a connection of its own.
 *
 * The server is asked a few times a second whether it is still there, so a silent network is told from a
 * quiet one. A connection that is lost is made again; what was announced meanwhile is lost, so `connected`
 * reloads. Who cannot follow what it is told has the connection made again too.
 */
#pragma once
#include "base/text.h"

struct listener;

struct listener_options {
    const char *url;
    void *context;
    /* All are called on the listener's thread. False: begin anew. */
    bool (*connected)(void *context);                 /* each time: from now on nothing is missed */
    bool (*told)(void *context, struct text payload); /* a payload of db_notify, in the order of commits */
    void (*heard)(void *context); /* the connection works: at least every 250 ms as long as it does */
};

struct listener *listener_create(const struct listener_options *options);
void listener_destroy(struct listener *listener);
