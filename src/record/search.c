#include "record/search.h"
#include "base/buffer.h"
#include <glib.h>

static bool is_ascii(struct text text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.length; i++)
        all |= (unsigned char)text.data[i];
    return all < 0x80;
}

/* Takes the marks out, in place: "n" and a tilde apart leave "n". */
static gssize remove_marks(char *text)
{
    char *out = text;
    for (const char *at = text, *next; *at; at = next) {
        gunichar point = g_utf8_get_char(at);
        next = g_utf8_next_char(at); /* before what is written over it */
        if (!g_unichar_ismark(point))
            out += g_unichar_to_utf8(point, out);
    }
    *out = '\0';
    return out - text;
}

struct text search_fold(struct arena *arena, struct text text)
{
    if (is_ascii(text))
        return arena_copy_lower(arena, text);
    g_autofree char *apart = g_utf8_normalize(text.data, (gssize)text.length, G_NORMALIZE_NFKD);
    if (!apart) /* not UTF-8: nothing that was read here */
        return arena_copy_lower(arena, text);
    gssize length = remove_marks(apart);
    g_autofree char *folded = g_utf8_casefold(apart, length);
    return arena_copy(arena, text_from(folded));
}

struct text search_of_row(struct arena *arena, const struct table *table, const struct value *cells)
{
    struct buffer words = { .arena = arena };
    for (size_t i = 0; i < table->width; i++)
        if ((table->columns[i].is & SEARCHED) && cells[i].kind == VALUE_TEXT) {
            if (words.length > 0)
                buffer_add_byte(&words, '\n');
            buffer_add(&words, cells[i].text);
        }
    return search_fold(arena, words.text);
}
