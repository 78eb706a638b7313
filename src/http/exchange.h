/* A request, its answer and their memory. It outlives its connection while a handler is at it. */
#pragma once
#include "http/parser.h"
#include <sys/uio.h>

struct loop;

struct server_exchange {
    struct exchange exchange; /* first: handlers are given this */
    struct loop *loop;
    uint64_t connection;          /* its name; it may have gone */
    struct server_exchange *next; /* among the spare ones, or the finished */
    bool answered;                /* its handler finished it before returning */
    struct iovec output[2];       /* what is left to send: the head, the body */
    struct parser parser;
};

struct server_exchange *exchange_take(struct loop *loop);
void exchange_give(struct server_exchange *exchange);
void exchange_free_spare(struct loop *loop);
/* Tells `finished`, and makes the exchange ready for another request. */
void exchange_end(struct server_exchange *exchange, bool delivered);
