#include "http/parser.h"
#include "http/framing.h"
#include <assert.h>
#include <string.h>

enum { REQUEST_LINE_MAX = TARGET_MAX + 64 }; /* the target with its method and version */

static struct parser *parser_of(struct llhttp__internal_s *machine)
{
    return machine->data;
}

static int stop(struct parser *parser, int status, const char *why)
{
    framing_refuse(parser, status, why);
    return HPE_USER;
}

/* A span that llhttp tells in several pieces is one piece of the input. */
static void extend(struct text *text, const char *at, size_t length)
{
    *text = (struct text){ text->data ? text->data : at, text->length + length };
}

static int on_url(struct llhttp__internal_s *machine, const char *at, size_t length)
{
    extend(&parser_of(machine)->request->target, at, length);
    return 0;
}

static int on_header_field(struct llhttp__internal_s *machine, const char *at, size_t length)
{
    struct parser *parser = parser_of(machine);
    if (parser->stage == PARSER_BODY)
        return stop(parser, 400, "trailers are not taken");
    extend(&parser->headers[parser->request->header_count].name, at, length);
    return 0;
}

static int on_header_value(struct llhttp__internal_s *machine, const char *at, size_t length)
{
    struct parser *parser = parser_of(machine);
    extend(&parser->headers[parser->request->header_count].value, at, length);
    return 0;
}

static int on_header_value_complete(struct llhttp__internal_s *machine)
{
    struct parser *parser = parser_of(machine);
    struct request *request = parser->request;
    struct header *header = &parser->headers[request->header_count++];
    header->value = text_trim(header->value);
    if (header->name.length == 0)
        return stop(parser, 400, "a header without a name");
    if (request->header_count > HEADERS_MAX)
        return stop(parser, 431, "too many headers");
    header[1] = (struct header){};
    return 0;
}

static int on_headers_complete(struct llhttp__internal_s *machine)
{
    struct parser *parser = parser_of(machine);
    parser->keep_alive = machine->http_minor == 1 && llhttp_should_keep_alive(machine);
    if (!framing_check(parser))
        return HPE_USER;
    parser->stage = PARSER_BODY;
    return 0;
}

static int on_chunk_header(struct llhttp__internal_s *machine)
{
    struct parser *parser = parser_of(machine);
    if (machine->content_length > BODY_MAX - parser->body.length)
        return stop(parser, 413, "the body is too large");
    return 0;
}

static int on_chunk_extension(struct llhttp__internal_s *machine, const char *at, size_t length)
{
    (void)at;
    struct parser *parser = parser_of(machine);
    parser->extensions += length;
    return parser->extensions > CHUNK_EXTENSIONS_MAX ? stop(parser, 400, "too many chunk extensions") : 0;
}

static int on_body(struct llhttp__internal_s *machine, const char *at, size_t length)
{
    buffer_add(&parser_of(machine)->body, (struct text){ at, length });
    return 0;
}

static int on_message_complete(struct llhttp__internal_s *machine)
{
    struct parser *parser = parser_of(machine);
    parser->stage = PARSER_READ;
    parser->request->body = parser->body.text;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void parser_begin(struct parser *parser, struct request *request, struct arena *arena)
{
    parser->filled = parser->used = 0;
    parser->request = request;
    parser->body.arena = arena;
    parser_next(parser);
}

void parser_next(struct parser *parser)
{
    parser->filled -= parser->used;
    memmove(parser->input, parser->input + parser->used, parser->filled);
    parser->stage = PARSER_HEAD;
    parser->keep_alive = parser->expects_continue = false;
    parser->used = parser->start = parser->line = parser->scanned = parser->extensions = 0;
    parser->body = (struct buffer){ .arena = parser->body.arena };
    parser->headers[0] = (struct header){};
    *parser->request = (struct request){ .method = METHOD_OTHER, .headers = parser->headers };
}

char *parser_room(struct parser *parser, size_t *size)
{
    *size = INPUT_SIZE - parser->filled;
    assert(*size > 0);
    return parser->input + parser->filled;
}

/* What a client may say that is not yet a line. */
static bool check_unfinished(struct parser *parser)
{
    unsigned char first = (unsigned char)parser->input[parser->start];
    if (parser->filled > parser->start && first != '\r' && (first <= ' ' || first >= 0x7f))
        return framing_refuse(parser, 400, "this is not HTTP");
    if (parser->line == parser->start && parser->filled - parser->start > REQUEST_LINE_MAX)
        return framing_refuse(parser, 414, "the target is too long");
    if (parser->filled > HEAD_MAX)
        return framing_refuse(parser, 431, "the head is too large");
    return false;
}

/* An empty line before the request is allowed, as after an old client's body; a second is not. */
static bool check_first_line(struct parser *parser, struct text line)
{
    if (line.length > 0)
        return framing_check_line(parser, line);
    if (parser->start > 0)
        return framing_refuse(parser, 400, "empty lines instead of a request");
    parser->start = parser->line;
    return true;
}

/* One line with its CR. True when it is the empty one that ends the head. */
static bool check_line(struct parser *parser, struct text line)
{
    if (line.length == 0 || text_find_byte(line, '\r') != line.length - 1)
        return framing_refuse(parser, 400, "a line does not end in CR LF, or holds one of them");
    bool first = line.data == parser->input + parser->start;
    line.length--;
    if (first) {
        (void)check_first_line(parser, line);
        return false;
    }
    if (line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        return framing_refuse(parser, 400, "a folded header");
    return line.length == 0;
}

/* True once the whole head has come; `line` is then where it ends. */
static bool scan_head(struct parser *parser)
{
    for (char *end;
         parser->stage == PARSER_HEAD
         && (end = memchr(parser->input + parser->scanned, '\n', parser->filled - parser->scanned));) {
        struct text line = { parser->input + parser->line, (size_t)(end - parser->input) - parser->line };
        parser->line = parser->scanned = (size_t)(end - parser->input) + 1;
        if (check_line(parser, line))
            return parser->line <= HEAD_MAX || framing_refuse(parser, 431, "the head is too large");
    }
    parser->scanned = parser->filled;
    return parser->stage == PARSER_HEAD && check_unfinished(parser);
}

/* What llhttp found wrong, unless one of the callbacks has said it better. */
static void refuse_malformed(struct parser *parser, llhttp_errno_t fault)
{
    if (parser->stage == PARSER_REFUSED)
        return;
    if (fault == HPE_INVALID_METHOD)
        framing_refuse(parser, 501, "there is no such method");
    else if (fault == HPE_OK) /* PRI, the method of HTTP/2's preface: llhttp waits for the rest of that */
        framing_refuse(parser, 505, "HTTP/1.1 is spoken here");
    else
        framing_refuse(parser, 400, llhttp_get_error_reason(&parser->machine));
}

static void read_head(struct parser *parser)
{
    llhttp_init(&parser->machine, HTTP_REQUEST, &settings);
    parser->machine.data = parser;
    parser->used = parser->line;
    llhttp_errno_t fault =
        llhttp_execute(&parser->machine, parser->input + parser->start, parser->used - parser->start);
    if (parser->stage == PARSER_HEAD || (fault != HPE_OK && parser->stage != PARSER_READ))
        refuse_malformed(parser, fault);
}

/* The body's bytes are copied away, so their place is free for the next. */
static void read_body(struct parser *parser)
{
    const char *from = parser->input + parser->used;
    llhttp_errno_t fault = llhttp_execute(&parser->machine, from, parser->filled - parser->used);
    if (parser->stage == PARSER_READ)
        parser->used = (size_t)(llhttp_get_error_pos(&parser->machine) - parser->input);
    else if (fault != HPE_OK)
        refuse_malformed(parser, fault);
    else
        parser->filled = parser->used;
}

enum parser_stage parser_advance(struct parser *parser)
{
    if (parser->stage == PARSER_HEAD && scan_head(parser))
        read_head(parser);
    if (parser->stage == PARSER_BODY && parser->filled > parser->used)
        read_body(parser);
    return parser->stage;
}
