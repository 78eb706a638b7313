#include "http/respond.h"
#include "base/clock.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STATUS_MIN = 200, STATUS_MAX = 599, BODY_JOINED_MAX = 4096, HEAD_ROOM = 256 };

#define LINE(status, reason) [status - STATUS_MIN] = TEXT_CONSTANT("HTTP/1.1 " #status " " reason "\r\n")

static const struct text status_lines[STATUS_MAX - STATUS_MIN + 1] = {
    LINE(200, "OK"),
    LINE(201, "Created"),
    LINE(202, "Accepted"),
    LINE(204, "No Content"),
    LINE(206, "Partial Content"),
    LINE(301, "Moved Permanently"),
    LINE(302, "Found"),
    LINE(303, "See Other"),
    LINE(304, "Not Modified"),
    LINE(307, "Temporary Redirect"),
    LINE(308, "Permanent Redirect"),
    LINE(400, "Bad Request"),
    LINE(401, "Unauthorized"),
    LINE(402, "Payment Required"),
    LINE(403, "Forbidden"),
    LINE(404, "Not Found"),
    LINE(405, "Method Not Allowed"),
    LINE(406, "Not Acceptable"),
    LINE(408, "Request Timeout"),
    LINE(409, "Conflict"),
    LINE(410, "Gone"),
    LINE(412, "Precondition Failed"),
    LINE(413, "Content Too Large"),
    LINE(414, "URI Too Long"),
    LINE(415, "Unsupported Media Type"),
    LINE(416, "Range Not Satisfiable"),
    LINE(417, "Expectation Failed"),
    LINE(421, "Misdirected Request"),
    LINE(422, "Unprocessable Content"),
    LINE(428, "Precondition Required"),
    LINE(429, "Too Many Requests"),
    LINE(431, "Request Header Fields Too Large"),
    LINE(500, "Internal Server Error"),
    LINE(501, "Not Implemented"),
    LINE(502, "Bad Gateway"),
    LINE(503, "Service Unavailable"),
    LINE(504, "Gateway Timeout"),
    LINE(505, "HTTP Version Not Supported"),
};

void date_line_refresh(struct date_line *date, int64_t now_us)
{
    if (now_us < date->good_until_us)
        return;
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int64_t now_ms = clock_now_ms();
    struct tm tm;
    gmtime_r(&(time_t){ now_ms / 1000 }, &tm);
    int length = snprintf(date->text, sizeof date->text, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                          days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
                          tm.tm_min, tm.tm_sec);
    date->length = (size_t)length;
    date->good_until_us = now_us + (1000 - now_ms % 1000) * 1000;
}

static void add_status(struct buffer *out, int status)
{
    assert(status >= STATUS_MIN && status <= STATUS_MAX);
    struct text line = status_lines[status - STATUS_MIN];
    if (line.length > 0)
        buffer_add(out, line);
    else
        buffer_print(out, "HTTP/1.1 %d Status\r\n", status);
}

static void add_header(struct buffer *out, struct text name, struct text value)
{
    buffer_add(out, name);
    buffer_add(out, value);
    buffer_add(out, TEXT("\r\n"));
}

static void add_length(struct buffer *out, size_t length)
{
    buffer_add(out, TEXT("Content-Length: "));
    buffer_add_integer(out, (int64_t)length);
    buffer_add(out, TEXT("\r\n"));
}

struct text respond(const struct exchange *exchange, const struct date_line *date, bool close,
                    struct text *body)
{
    const struct response *response = &exchange->response;
    bool never_a_body = response->status == 204 || response->status == 304;
    bool without_body = never_a_body || exchange->request.method == METHOD_HEAD;
    bool joined = !without_body && response->body.length <= BODY_JOINED_MAX;

    struct buffer out = { .arena = exchange->arena };
    buffer_reserve(&out, HEAD_ROOM + response->headers.length + (joined ? response->body.length : 0));
    add_status(&out, response->status);
    buffer_add(&out, (struct text){ date->text, date->length });
    if (response->content_type.length > 0 && !never_a_body)
        add_header(&out, TEXT("Content-Type: "), response->content_type);
    if (!never_a_body && (!response->stream || response->stream_length > 0))
        add_length(&out, response->body.length + (size_t)response->stream_length);
    if (close)
        buffer_add(&out, TEXT("Connection: close\r\n"));
    buffer_add(&out, response->headers.text);
    buffer_add(&out, TEXT("\r\n"));
    if (joined)
        buffer_add(&out, response->body.text);
    *body = joined || without_body ? TEXT("") : response->body.text;
    return out.text;
}
