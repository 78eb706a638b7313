/*
 * Reads one request after another out of the bytes that a connection brings. Knows no sockets.
 *
 * The lines of a head are looked at here, as they come; a whole head goes to llhttp in one piece, so that
 * what it finds lies in one piece too; what llhttp lets pass is refused by framing.c.
 */
#pragma once
#include "http/server.h"
#include <llhttp.h>

enum {
    INPUT_SIZE = 2 * HEAD_MAX,  /* the head stays in front while the body passes behind it */
    CHUNK_EXTENSIONS_MAX = 256, /* bytes of them in one request */
};

enum parser_stage { PARSER_HEAD, PARSER_BODY, PARSER_READ, PARSER_REFUSED };

struct parser {
    struct llhttp__internal_s machine;
    struct request *request; /* what is read is written here */
    enum parser_stage stage;
    int status; /* of a refusal, and its reason in words */
    const char *why;
    bool keep_alive, expects_continue;
    size_t filled;        /* bytes in the input */
    size_t used;          /* of them, those that belong to this request and were read */
    size_t start;         /* of the request line: an empty line before it is allowed */
    size_t line, scanned; /* where the current line begins, and up to where its end was sought */
    size_t extensions;    /* bytes of chunk extensions */
    struct buffer body;
    struct header headers[HEADERS_MAX + 1]; /* one more, to see that there are too many */
    char input[INPUT_SIZE];
};

/* For a new connection: nothing has come yet. */
void parser_begin(struct parser *parser, struct request *request, struct arena *arena);
/* For the next request; what came behind the last one is kept. */
void parser_next(struct parser *parser);
/* Where the next bytes may be written; `filled` grows by as many as were. Never empty. */
char *parser_room(struct parser *parser, size_t *size);
/* Reads what has come. READ: the request is whole. REFUSED: nothing that follows can be trusted. */
enum parser_stage parser_advance(struct parser *parser);
