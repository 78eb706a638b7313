/* Whatever a client sends: it is read alike in one piece and in many, and what is read keeps within its
 * limits. */
#include "http/parser.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came of all requests on one connection. */
struct outcome {
    int requests;
    uint64_t sum; /* of their targets, headers and bodies */
    enum parser_stage stage;
};

static void check_header(const struct header *header, struct outcome *outcome)
{
    assert(header->name.length > 0 && text_find_byte(header->name, ' ') == header->name.length);
    for (size_t i = 0; i < header->value.length; i++)
        assert((unsigned char)header->value.data[i] >= ' ' || header->value.data[i] == '\t');
    outcome->sum = outcome->sum * 31 + text_hash(header->name) + text_hash(header->value);
}

static void check_request(const struct request *request, struct outcome *outcome)
{
    assert(request->target.length > 0 && request->target.length <= TARGET_MAX && request->path.length > 0);
    assert(request->body.length <= BODY_MAX && request->header_count <= HEADERS_MAX);
    for (size_t i = 0; i < request->header_count; i++)
        check_header(&request->headers[i], outcome);
    outcome->sum = outcome->sum * 31 + text_hash(request->target) + text_hash(request->body);
    outcome->requests++;
}

static void read_all(struct parser *parser, struct text bytes, size_t piece, struct outcome *outcome)
{
    for (;;) {
        outcome->stage = parser_advance(parser);
        if (outcome->stage == PARSER_REFUSED) {
            assert(parser->status >= 400 && parser->status <= 505 && parser->why);
            return;
        }
        if (outcome->stage == PARSER_READ) {
            check_request(parser->request, outcome);
            parser_next(parser);
            continue;
        }
        if (bytes.length == 0)
            return;
        size_t room;
        char *at = parser_room(parser, &room);
        struct text next = text_slice(bytes, 0, piece < room ? piece : room);
        memcpy(at, next.data, next.length);
        parser->filled += next.length;
        bytes = text_slice(bytes, next.length, bytes.length);
    }
}

static struct outcome read_in_pieces(struct text bytes, size_t piece)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct parser *parser = malloc(sizeof *parser);
    struct request request;
    struct outcome outcome = {};
    if (!parser)
        abort();
    parser_begin(parser, &request, arena);
    read_all(parser, bytes, piece, &outcome);
    free(parser);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct text bytes = { (const char *)data + 1, size - 1 };
    struct outcome whole = read_in_pieces(bytes, bytes.length),
                   parts = read_in_pieces(bytes, data[0] % 16 + 1);
    assert(whole.requests == parts.requests && whole.sum == parts.sum && whole.stage == parts.stage);
    return 0;
}
