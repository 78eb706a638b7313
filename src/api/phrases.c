#include "api/phrases.h"
#include "base/buffer.h"
#include <string.h>

static const struct phrase {
    const char *english, *spanish;
} phrases[] = {
#define PHRASE(english, spanish) { english, spanish },
#include "api/phrases.def"
#undef PHRASE
};

static struct text find(struct text english)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (text_is(english, phrases[i].english))
            return text_from(phrases[i].spanish);
    return english;
}

/* "it ends too early at line 2, column 7": what, and where. */
static bool split_place(struct text text, struct text *what, struct text *line, struct text *column)
{
    static const char at_line[] = " at line ", and_column[] = ", column ";
    const char *place = memmem(text.data, text.length, at_line, sizeof at_line - 1);
    if (!place)
        return false;
    *what = text_slice(text, 0, (size_t)(place - text.data));
    *line = text_slice(text, what->length + sizeof at_line - 1, text.length);
    const char *comma = memmem(line->data, line->length, and_column, sizeof and_column - 1);
    if (!comma)
        return false;
    *column = text_slice(*line, (size_t)(comma - line->data) + sizeof and_column - 1, line->length);
    *line = text_slice(*line, 0, (size_t)(comma - line->data));
    return true;
}

struct text phrase_in_spanish(struct arena *arena, struct text english)
{
    struct text what, line, column, unit = english;
    if (split_place(english, &what, &line, &column))
        return arena_format(arena, "%.*s en la línea %.*s, columna %.*s", TEXT_ARG(find(what)),
                            TEXT_ARG(line), TEXT_ARG(column));
    struct text number = text_cut(&unit, ' ');
    int64_t ignored;
    if (unit.length > 0 && text_to_integer(number, &ignored))
        return arena_format(arena, "%.*s %.*s", TEXT_ARG(number), TEXT_ARG(find(unit)));
    return find(english);
}
