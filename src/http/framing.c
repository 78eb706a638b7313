#include "http/framing.h"

/* The headers that decide where a request ends and whom it is for. */
enum decisive { HOST, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT, DECISIVE_COUNT };

static const struct text decisive_names[DECISIVE_COUNT] = {
    [HOST] = TEXT_CONSTANT("host"),
    [CONTENT_LENGTH] = TEXT_CONSTANT("content-length"),
    [TRANSFER_ENCODING] = TEXT_CONSTANT("transfer-encoding"),
    [EXPECT] = TEXT_CONSTANT("expect"),
};

struct found {
    int count;
    struct text value;
};

bool framing_refuse(struct parser *parser, int status, const char *why)
{
    parser->stage = PARSER_REFUSED;
    parser->status = status;
    parser->why = why;
    return false;
}

#define DIGITS "0123456789"

enum { OF_TOKEN = 1, OF_AUTHORITY = 2, OF_BOTH = OF_TOKEN | OF_AUTHORITY };

/* RFC 9110's tokens; and a name or address with its port, of which what a URL would take for its end is no
 * part. */
static const unsigned char parts[256] = {
    ['a' ... 'z'] = OF_BOTH, ['A' ... 'Z'] = OF_BOTH, ['0' ... '9'] = OF_BOTH, ['-'] = OF_BOTH,
    ['.'] = OF_BOTH,         ['_'] = OF_BOTH,         ['~'] = OF_BOTH,         ['%'] = OF_BOTH,
    [':'] = OF_AUTHORITY,    ['['] = OF_AUTHORITY,    [']'] = OF_AUTHORITY,    ['!'] = OF_TOKEN,
    ['#'] = OF_TOKEN,        ['$'] = OF_TOKEN,        ['&'] = OF_TOKEN,        ['\''] = OF_TOKEN,
    ['*'] = OF_TOKEN,        ['+'] = OF_TOKEN,        ['^'] = OF_TOKEN,        ['`'] = OF_TOKEN,
    ['|'] = OF_TOKEN,
};

static bool consists_of(struct text text, unsigned char part)
{
    size_t i = 0;
    while (i < text.length && parts[(unsigned char)text.data[i]] & part)
        i++;
    return text.length > 0 && i == text.length;
}

static void find_decisive(const struct request *request, struct found found[static DECISIVE_COUNT])
{
    for (const struct header *header = request->headers; header < request->headers + request->header_count;
         header++)
        for (int i = 0; i < DECISIVE_COUNT; i++)
            if (text_equal_blind(header->name, decisive_names[i])) {
                found[i].count++;
                found[i].value = header->value;
            }
}

static enum method method_of(struct text name)
{
    enum method method = 0;
    while (method < METHOD_OTHER && !text_is(name, method_names[method]))
        method++;
    return method;
}

bool framing_check_line(struct parser *parser, struct text line)
{
    struct text version = line, method = text_cut(&version, ' '), target = text_cut(&version, ' ');
    bool versioned = version.length == sizeof "HTTP/1.1" - 1 && text_starts(version, TEXT("HTTP/"))
                  && version.data[6] == '.' && text_consists_of(text_slice(version, 7, 8), DIGITS)
                  && text_consists_of(text_slice(version, 5, 6), DIGITS);
    if (!versioned || !consists_of(method, OF_TOKEN) || target.length == 0)
        return framing_refuse(parser, 400, "the request line is malformed");
    if (!text_is(version, "HTTP/1.1") && !text_is(version, "HTTP/1.0"))
        return framing_refuse(parser, 505, "HTTP/1.1 is spoken here");
    if (text_is(method, "CONNECT"))
        return framing_refuse(parser, 501, "this is no proxy");
    parser->request->method = method_of(method);
    return true;
}

static bool check_host(struct parser *parser, const struct found *host)
{
    if (host->count == 0 && parser->machine.http_minor == 0)
        return true;
    if (host->count != 1)
        return framing_refuse(parser, 400, "there must be one Host");
    return consists_of(host->value, OF_AUTHORITY) || framing_refuse(parser, 400, "the Host is malformed");
}

static bool check_length(struct parser *parser, const struct found found[static DECISIVE_COUNT])
{
    const struct found *length = &found[CONTENT_LENGTH], *coding = &found[TRANSFER_ENCODING];
    if (length->count + coding->count > 1)
        return framing_refuse(parser, 400, "the length is told more than once");
    if (coding->count > 0 && parser->machine.http_minor == 0)
        return framing_refuse(parser, 400, "HTTP/1.0 has no transfer coding");
    if (coding->count > 0 && !text_equal_blind(coding->value, TEXT("chunked")))
        return framing_refuse(parser, 501, "the only transfer coding is chunked");
    if (length->count == 0)
        return true;
    int64_t bytes;
    if (!text_consists_of(length->value, DIGITS) || !text_to_integer(length->value, &bytes))
        return framing_refuse(parser, 400, "the Content-Length is malformed");
    return bytes <= BODY_MAX || framing_refuse(parser, 413, "the body is too large");
}

static bool check_expectation(struct parser *parser, const struct found *expect)
{
    if (expect->count == 0 || parser->machine.http_minor == 0)
        return true;
    if (expect->count > 1 || !text_equal_blind(expect->value, TEXT("100-continue")))
        return framing_refuse(parser, 417, "the only expectation is 100-continue");
    parser->expects_continue = true;
    return true;
}

/* "http://host/path" is answered as "/path" if its host is the Host: two names for one request are a trap. */
static bool cut_authority(struct parser *parser, struct text host, struct text *path)
{
    struct text rest = parser->request->target;
    size_t scheme = text_starts(rest, TEXT("http://"))  ? sizeof "http://" - 1
                  : text_starts(rest, TEXT("https://")) ? sizeof "https://" - 1
                                                        : 0;
    if (scheme == 0)
        return framing_refuse(parser, 400, "the target is not a path");
    rest = text_slice(rest, scheme, rest.length);
    size_t end = 0;
    while (end < rest.length && rest.data[end] != '/' && rest.data[end] != '?')
        end++;
    if (!text_equal_blind(text_slice(rest, 0, end), host))
        return framing_refuse(parser, 400, "the target's host is not the Host");
    *path = text_slice(rest, end, rest.length);
    return true;
}

static bool check_target(struct parser *parser, struct text host)
{
    struct request *request = parser->request;
    struct text path = request->target;
    if (path.length > TARGET_MAX)
        return framing_refuse(parser, 414, "the target is too long");
    if (text_find_byte(path, '#') < path.length)
        return framing_refuse(parser, 400, "the target has a fragment");
    bool whole_server = request->method == METHOD_OPTIONS && text_equal(path, TEXT("*"));
    if (!whole_server && !text_starts(path, TEXT("/")) && !cut_authority(parser, host, &path))
        return false;
    request->query = path;
    request->path = text_cut(&request->query, '?');
    if (request->path.length == 0)
        request->path = TEXT("/");
    return true;
}

bool framing_check(struct parser *parser)
{
    struct found found[DECISIVE_COUNT] = {};
    find_decisive(parser->request, found);
    return check_host(parser, &found[HOST]) && check_length(parser, found)
        && check_expectation(parser, &found[EXPECT]) && check_target(parser, found[HOST].value);
}
