#include "base/percent.h"
#include <string.h>

static int hex_digit(char byte)
{
    return byte >= '0' && byte <= '9' ? byte - '0'
         : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
         : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                      : -1;
}

bool percent_decode(struct arena *arena, struct text encoded, bool plus_is_space, struct text *decoded)
{
    char *out = arena_alloc(arena, encoded.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < encoded.length; i++) {
        char byte = encoded.data[i];
        if (byte == '+' && plus_is_space) {
            byte = ' ';
        } else if (byte == '%') {
            int high = i + 2 < encoded.length ? hex_digit(encoded.data[i + 1]) : -1;
            int low = i + 2 < encoded.length ? hex_digit(encoded.data[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        out[length++] = byte;
    }
    struct text text = { out, length };
    if (!text_is_utf8(text) || memchr(out, '\0', length))
        return false;
    *decoded = text;
    return true;
}

void percent_encode(struct buffer *out, struct text text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z')
                  || (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
        if (plain)
            buffer_add_byte(out, (char)byte);
        else
            buffer_add(out, (struct text){ (char[]){ '%', digits[byte >> 4], digits[byte & 15] }, 3 });
    }
}
