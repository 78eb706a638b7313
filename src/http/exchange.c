#include "http/exchange.h"
#include "base/memory.h"
#include "http/loop.h"
#include <stdlib.h>

enum { SPARE_MAX = 32 };

static void finish(struct exchange *handled)
{
    struct server_exchange *exchange = (struct server_exchange *)handled;
    loop_post(exchange->loop, exchange);
}

void exchange_finish(struct exchange *exchange)
{
    exchange->finish(exchange);
}

/* The exchange without a request; its parser is begun or moved on by the caller. */
static void clear(struct server_exchange *exchange)
{
    struct arena *arena = exchange->exchange.arena;
    exchange->answered = false;
    exchange->exchange.user = NULL;
    exchange->exchange.response = (struct response){ .headers.arena = arena, .body.arena = arena };
}

static struct server_exchange *create(struct loop *loop)
{
    struct server_exchange *exchange = memory_require(malloc(sizeof *exchange));
    exchange->loop = loop;
    exchange->exchange = (struct exchange){ .arena = arena_create(), .finish = finish };
    return exchange;
}

struct server_exchange *exchange_take(struct loop *loop)
{
    struct server_exchange *exchange = loop->spare;
    if (exchange) {
        loop->spare = exchange->next;
        loop->spare_count--;
    } else {
        exchange = create(loop);
    }
    clear(exchange);
    parser_begin(&exchange->parser, &exchange->exchange.request, exchange->exchange.arena);
    return exchange;
}

static void destroy(struct server_exchange *exchange)
{
    arena_destroy(exchange->exchange.arena);
    free(exchange);
}

void exchange_give(struct server_exchange *exchange)
{
    struct loop *loop = exchange->loop;
    if (loop->spare_count == SPARE_MAX) {
        destroy(exchange);
        return;
    }
    arena_reset(exchange->exchange.arena);
    exchange->next = loop->spare;
    loop->spare = exchange;
    loop->spare_count++;
}

void exchange_free_spare(struct loop *loop)
{
    for (struct server_exchange *next; loop->spare; loop->spare = next) {
        next = loop->spare->next;
        destroy(loop->spare);
    }
}

void exchange_end(struct server_exchange *exchange, bool delivered)
{
    const struct server_options *options = &exchange->loop->server->options;
    if (options->finished)
        options->finished(&exchange->exchange, delivered, options->context);
    const struct stream *stream = exchange->exchange.response.stream;
    if (stream)
        stream->close(stream->reader);
    arena_reset(exchange->exchange.arena);
    clear(exchange);
    parser_next(&exchange->parser);
}
