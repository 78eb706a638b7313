/* What handlers ask of a request and tell a response. */
#include "http/server.h"
#include <assert.h>

const char *const method_names[METHOD_COUNT] = {
    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
    [METHOD_PUT] = "PUT",         [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
    [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "OTHER",
};

struct text request_header(const struct request *request, struct text name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (text_equal_blind(request->headers[i].name, name))
            return request->headers[i].value;
    return (struct text){ "", 0 };
}

static bool breaks_a_line(struct text text)
{
    return text_find_byte(text, '\r') < text.length || text_find_byte(text, '\n') < text.length
        || text_find_byte(text, '\0') < text.length;
}

void response_header(struct response *response, struct text name, struct text value)
{
    bool safe = !breaks_a_line(name) && !breaks_a_line(value);
    assert(safe);
    if (!safe)
        return;
    buffer_add(&response->headers, name);
    buffer_add(&response->headers, TEXT(": "));
    buffer_add(&response->headers, value);
    buffer_add(&response->headers, TEXT("\r\n"));
}
