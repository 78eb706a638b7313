/* Requests read without a socket, in whatever pieces they come. */
#include "http/parser.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

struct reading {
    struct arena *arena;
    struct request request;
    struct parser *parser;
};

static void begin(struct reading *reading)
{
    *reading = (struct reading){ .arena = arena_create(), .parser = malloc(sizeof *reading->parser) };
    parser_begin(reading->parser, &reading->request, reading->arena);
}

static void end(struct reading *reading)
{
    free(reading->parser);
    arena_destroy(reading->arena);
}

/* Gives the parser the bytes, at most `piece` at a time, until it has read a request or refuses. */
static enum parser_stage feed(struct reading *reading, struct text *bytes, size_t piece)
{
    enum parser_stage stage = parser_advance(reading->parser);
    while (bytes->length > 0 && stage != PARSER_READ && stage != PARSER_REFUSED) {
        size_t room;
        char *at = parser_room(reading->parser, &room);
        size_t size = bytes->length < piece ? bytes->length : piece;
        size = size < room ? size : room;
        memcpy(at, bytes->data, size);
        reading->parser->filled += size;
        *bytes = text_slice(*bytes, size, bytes->length);
        stage = parser_advance(reading->parser);
    }
    return stage;
}

static int status_of(struct text bytes)
{
    [[gnu::cleanup(end)]] struct reading reading;
    begin(&reading);
    switch (feed(&reading, &bytes, bytes.length + 1)) {
    case PARSER_READ: return 200;
    case PARSER_REFUSED: return reading.parser->status;
    default: return 0; /* it waits for more */
    }
}

#define HOST_LINE "Host: a.test\r\n"
#define CHUNKED   "POST / HTTP/1.1\r\n" HOST_LINE "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
    int status; /* 0: more is waited for */
    struct text bytes;
} cases[] = {
#define CASE(status, bytes)                                                                                  \
    {                                                                                                        \
        status, TEXT_CONSTANT(bytes)                                                                         \
    }
    CASE(200, "GET / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(200, "\r\nGET / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(200, "GET / HTTP/1.0\r\n\r\n"),
    CASE(200, "GET /a%20b?c=d&e HTTP/1.1\r\nHost: [::1]:80\r\nEmpty:\r\nA: \xc3\xa9\r\n\r\n"),
    CASE(200, "GET http://A.TEST/b?c HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(200, "OPTIONS * HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(200, "TRACE / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(200, "GET / HTTP/1.1\r\n" HOST_LINE "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
    CASE(200, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 2\r\n\r\n{}"),
    CASE(200, CHUNKED "1\r\na\r\n2;b=c\r\nde\r\n0\r\n\r\n"),
    CASE(0, "GET / HTTP/1.1\r\n" HOST_LINE),
    CASE(0, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 2\r\n\r\n{"),
    CASE(0, CHUNKED "1\r\na\r\n0\r\n"),
    /* Both lengths, two lengths, lengths that are none */
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 2, 2\r\n\r\n{}"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: -2\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: +2\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 0x2\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 2 2\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length:\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 18446744073709551616\r\n\r\n"),
    CASE(400, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 9223372036854775808\r\n\r\n"),
    CASE(413, "POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 1048577\r\n\r\n"),
    /* Codings */
    CASE(501, "POST / HTTP/1.1\r\n" HOST_LINE "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    CASE(501, "POST / HTTP/1.1\r\n" HOST_LINE "Transfer-Encoding: identity\r\n\r\n"),
    CASE(501, "POST / HTTP/1.1\r\n" HOST_LINE "Transfer-Encoding: xchunked\r\n\r\n"),
    CASE(400,
         "POST / HTTP/1.1\r\n" HOST_LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    CASE(400, "POST / HTTP/1.0\r\n" HOST_LINE "Transfer-Encoding: chunked\r\n\r\n"),
    CASE(400, CHUNKED "g\r\n"),
    CASE(400, CHUNKED "-1\r\n"),
    CASE(400, CHUNKED " 1\r\na\r\n"),
    CASE(400, CHUNKED "\r\n"),
    CASE(400, CHUNKED "1\na\n0\n\n"),
    CASE(400, CHUNKED "1\r\nab\r\n0\r\n\r\n"),
    CASE(400, CHUNKED "1\r\na\n0\r\n\r\n"),
    CASE(413, CHUNKED "100001\r\n"),
    CASE(400, CHUNKED "fffffffffffffffff\r\n"),
    CASE(413, CHUNKED "ffffffffffffffff\r\n"),
    CASE(400, CHUNKED "0\r\nTrailer: a\r\n\r\n"),
    /* Hosts */
    CASE(400, "GET / HTTP/1.1\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE HOST_LINE "\r\n"),
    CASE(400, "GET / HTTP/1.0\r\n" HOST_LINE HOST_LINE "\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: \r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n"),
    /* Lines */
    CASE(400, "GET / HTTP/1.1\n" HOST_LINE "\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: b\nC: d\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: b\rC: d\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: b\r\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: b\r\n c\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: b\r\n\tc\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n " HOST_LINE "\r\n"),
    CASE(400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A B: c\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "no colon\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE ": no name\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: \0\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: \x01\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A: \x7f\r\n\r\n"),
    CASE(400, "GET / HTTP/1.1\r\n" HOST_LINE "A\x01: b\r\n\r\n"),
    CASE(400, "\r\n\r\nGET / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    /* The request line */
    CASE(400, "GET /\r\n\r\n"),
    CASE(400, "GET  / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET / HTTP/1.1 \r\n" HOST_LINE "\r\n"),
    CASE(400, "GET / b HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET / http/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET /\x01 HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET /\xff HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET /#a HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET a HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET * HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET http://b.test/ HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET ftp://a.test/ HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GE(T / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "hello\r\n\r\n"),
    CASE(400, "\x16\x03\x01\x02"),
    CASE(400, " GET / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(501, "get / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(501, "FETCH / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(501, "CONNECT a.test:80 HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(505, "GET / HTTP/1.2\r\n" HOST_LINE "\r\n"),
    CASE(505, "GET / HTTP/2.0\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET /\x7f HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET /a\tb HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET\t/ HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET / HTTP/1.10\r\n" HOST_LINE "\r\n"),
    CASE(400, "GET / HTTP/x.1\r\n" HOST_LINE "\r\n"),
    CASE(400, "SETUP / HTTP/1.1\r\n" HOST_LINE "\r\n"),
    CASE(505, "GET / HTTP/0.9\r\n" HOST_LINE "\r\n"),
    CASE(505, "PRI * HTTP/1.0\r\n\r\nSM\r\n\r\n"),
    CASE(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    /* Expectations */
    CASE(417, "POST / HTTP/1.1\r\n" HOST_LINE "Expect: 200-ok\r\nContent-Length: 2\r\n\r\n"),
    CASE(413, "POST / HTTP/1.1\r\n" HOST_LINE "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"),
};

TEST(what_is_not_a_clear_request_is_refused)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = status_of(cases[i].bytes);
        test_note("%.*s: %d", TEXT_ARG(cases[i].bytes), status);
        CHECK(status == cases[i].status);
    }
}

TEST(every_case_is_judged_alike_in_single_bytes)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        [[gnu::cleanup(end)]] struct reading reading;
        begin(&reading);
        struct text bytes = cases[i].bytes;
        enum parser_stage stage = feed(&reading, &bytes, 1);
        int status = stage == PARSER_READ ? 200 : stage == PARSER_REFUSED ? reading.parser->status : 0;
        test_note("%.*s: %d", TEXT_ARG(cases[i].bytes), status);
        CHECK(status == cases[i].status);
    }
}

TEST(a_request_split_anywhere_is_the_same_request)
{
    static const struct text bytes =
        TEXT_CONSTANT("PATCH /a/b?c=d HTTP/1.1\r\nHost: a.test\r\nX-Empty:\r\nX-Name:  value \t\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    for (size_t cut = 1; cut < bytes.length; cut++) {
        [[gnu::cleanup(end)]] struct reading reading;
        begin(&reading);
        struct text first = text_slice(bytes, 0, cut), second = text_slice(bytes, cut, bytes.length);
        const struct request *request = &reading.request;
        test_note("cut at %zu", cut);
        CHECK(feed(&reading, &first, first.length) < PARSER_READ);
        CHECK(feed(&reading, &second, second.length) == PARSER_READ);
        CHECK(request->method == METHOD_PATCH && text_is(request->target, "/a/b?c=d"));
        CHECK(text_is(request->path, "/a/b") && text_is(request->query, "c=d")
              && text_is(request->body, "abcde"));
        CHECK(request->header_count == 4 && text_is(request_header(request, TEXT("x-name")), "value"));
        CHECK(text_is(request->headers[1].name, "X-Empty") && request->headers[1].value.length == 0);
        CHECK(reading.parser->keep_alive);
    }
}

TEST(requests_behind_each_other_are_read_one_by_one)
{
    [[gnu::cleanup(end)]] struct reading reading;
    begin(&reading);
    struct text bytes =
        TEXT("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
             "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nd\r\n0\r\n\r\n"
             "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    static const char *const targets[] = { "/1", "/2", "/3" }, *const bodies[] = { "abc", "d", "" };
    for (int i = 0; i < 3; i++) {
        CHECK(feed(&reading, &bytes, 1000) == PARSER_READ);
        CHECK(text_is(reading.request.target, targets[i]) && text_is(reading.request.body, bodies[i]));
        CHECK(reading.parser->keep_alive == (i < 2));
        parser_next(reading.parser);
    }
    CHECK(reading.parser->filled == 0 && bytes.length == 0);
}

/* A request whose parts are this long. */
static int status_of_sizes(size_t target, size_t header, size_t header_count, size_t extension)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer bytes = { .arena = arena };
    buffer_print(&bytes, "POST /%0*d HTTP/1.1\r\nHost: a\r\n", (int)target - 1, 0);
    for (size_t i = 0; i < header_count; i++)
        buffer_print(&bytes, "A: %0*d\r\n", (int)header, 0);
    buffer_print(&bytes, "Transfer-Encoding: chunked\r\n\r\n0;%0*d\r\n\r\n", (int)extension, 0);
    return status_of(bytes.text);
}

TEST(limits_are_where_they_are_said_to_be)
{
    CHECK(status_of_sizes(TARGET_MAX, 1, 0, 1) == 200);
    CHECK(status_of_sizes(TARGET_MAX + 1, 1, 0, 1) == 414);
    CHECK(status_of_sizes(1, 1, HEADERS_MAX - 2, 1) == 200);
    CHECK(status_of_sizes(1, 1, HEADERS_MAX - 1, 1) == 431);
    size_t rest = sizeof "POST /0 HTTP/1.1\r\nHost: a\r\nA: \r\nTransfer-Encoding: chunked\r\n\r\n" - 1;
    CHECK(status_of_sizes(2, HEAD_MAX - rest, 1, 1) == 200);
    CHECK(status_of_sizes(2, HEAD_MAX - rest + 1, 1, 1) == 431);
    CHECK(status_of_sizes(1, 1, 0, CHUNK_EXTENSIONS_MAX) == 200);
    CHECK(status_of_sizes(1, 1, 0, CHUNK_EXTENSIONS_MAX + 1) == 400);
}

TEST(a_head_without_end_is_refused_before_it_ends)
{
    for (int lines = 0; lines < 2; lines++) {
        [[gnu::cleanup(end)]] struct reading reading;
        begin(&reading);
        static char endless[HEAD_MAX + 1];
        memset(endless, 'A', sizeof endless);
        struct text bytes = lines ? TEXT("GET / HTTP/1.1\r\n") : TEXT(""), more = { endless, sizeof endless };
        CHECK(feed(&reading, &bytes, 100) == PARSER_HEAD);
        CHECK(feed(&reading, &more, 100) == PARSER_REFUSED);
        CHECK(reading.parser->status == (lines ? 431 : 414));
        CHECK(more.length > 0 || lines);
    }
}

TEST(a_body_as_large_as_allowed_is_read_in_any_pieces)
{
    [[gnu::cleanup(end)]] struct reading reading;
    begin(&reading);
    struct buffer bytes = { .arena = reading.arena };
    buffer_print(&bytes, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", BODY_MAX);
    for (int i = 0; i < BODY_MAX; i++)
        buffer_add_byte(&bytes, (char)('a' + i % 26));
    struct text sent = bytes.text, rest = sent;
    CHECK(feed(&reading, &rest, 1 + (size_t)test_random_below(40'000)) == PARSER_READ);
    CHECK(text_equal(reading.request.body, text_slice(sent, sent.length - BODY_MAX, sent.length)));
}
