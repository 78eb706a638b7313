/*
 * A client's connection: what it says is read (reading.c), handled, and answered (writing.c), one request at
 * a time.
 */
#pragma once
#include "http/deadline.h"
#include "http/exchange.h"
#include <netinet/in.h>

enum connection_state {
    CONNECTION_READING,
    CONNECTION_HANDLING,
    CONNECTION_WRITING,
    CONNECTION_STREAMING,
    CONNECTION_LINGERING
};

struct connection {
    struct deadline deadline, turn; /* first: a deadline's connection is known by its place */
    struct loop *loop;
    struct server_exchange *exchange; /* NULL: nothing has come since the last answer */
    struct connection *next_free;
    int fd;                    /* -1: the slot is free */
    uint32_t slot, generation; /* a slot's generation grows with each use */
    enum connection_state state;
    bool readable; /* there may be more to receive */
    bool ended;    /* the other end sends no more, or has gone */
    bool closing;  /* after the answer */
    bool quiet;    /* the stream is to give a sign of life */
    bool over;     /* the stream gives nothing more */
    int listener;
    uid_t peer_uid;
    size_t sent;                 /* since the write deadline began */
    char *rest;                  /* of a stream's piece that was not taken whole; NULL until that happens */
    char peer[INET6_ADDRSTRLEN]; /* an address; empty on a Unix socket */
};

uint64_t connection_name(const struct connection *connection);
void connection_event(struct connection *connection, uint32_t events); /* of epoll */
void connection_expired(struct deadline *deadline);
/* The handler has finished the connection's exchange, outside of its call. */
void connection_finished(struct connection *connection);
void connection_close(struct connection *connection);

/* What reading and writing share. */
void connection_set_deadline(struct connection *connection, enum deadline_kind kind);
void connection_drop_exchange(struct connection *connection);
const struct server_options *connection_options(const struct connection *connection);
void connection_answer(struct connection *connection);
void connection_refuse(struct connection *connection, int status, const char *why);

/* Each does what it can in its state, and returns whether there is more to do at once; false also when it has
 * closed the connection. */
bool connection_read(struct connection *connection);
bool connection_write(struct connection *connection);
bool connection_stream(struct connection *connection);
bool connection_linger(struct connection *connection);

/* The answer's first bytes are out, and it goes on; it is over. */
void connection_begin_stream(struct connection *connection);
bool connection_end_answer(struct connection *connection);
/* Sends the exchange's output. False: it waits, or the connection is closed. */
bool connection_send(struct connection *connection);
