#include "headers.h"

static bool passes(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

void headers_read(struct request *request, struct arena *arena, struct text lines)
{
    struct header *headers = arena_array(arena, struct header, HEADERS_MAX);
    request->headers = headers;
    while (lines.length > 0 && request->header_count < HEADERS_MAX) {
        struct text value = text_cut(&lines, '\n'), name = text_cut(&value, ':');
        if (name.length > 0 && passes(name) && passes(value))
            headers[request->header_count++] = (struct header){ name, text_trim(value) };
    }
}
