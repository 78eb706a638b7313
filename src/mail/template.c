#include "mail/template.h"
#include "base/buffer.h"
#include <string.h>

static void add_escaped(struct buffer *out, struct text value)
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = {
        { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" }
    };
    for (size_t i = 0; i < value.length; i++) {
        size_t at = 0;
        while (at < sizeof entities / sizeof *entities && entities[at].byte != value.data[i])
            at++;
        if (at < sizeof entities / sizeof *entities)
            buffer_add(out, text_from(entities[at].entity));
        else
            buffer_add_byte(out, value.data[i]);
    }
}

static const struct mail_word *find_word(const struct mail_word *words, struct text name)
{
    while (words->name && !text_is(name, words->name))
        words++;
    return words;
}

/* A brace that names no word is the template's own, as in a style sheet. */
static struct text fill(struct arena *arena, struct text source, const struct mail_word *words, bool is_html)
{
    struct buffer out = { .arena = arena };
    buffer_add(&out, TEXT(""));
    while (source.length > 0) {
        size_t open = text_find_byte(source, '{'),
               close = open + text_find_byte(text_slice(source, open, source.length), '}');
        buffer_add(&out, text_slice(source, 0, open));
        const struct mail_word *word = find_word(words, text_slice(source, open + 1, close));
        if (word->name && is_html)
            add_escaped(&out, word->value);
        else if (word->name)
            buffer_add(&out, word->value);
        else
            buffer_add(&out, text_slice(source, open, open + 1));
        source = text_slice(source, word->name ? close + 1 : open + 1, source.length);
    }
    return out.text;
}

static bool find(struct text wanted, struct text *source)
{
    for (const struct mail_template_source *at = mail_templates; at->name; at++)
        if (text_is(wanted, at->name)) {
            *source = text_from(at->text);
            return true;
        }
    return false;
}

/* The page around a mail's own part: layout.html. */
static bool frame(struct arena *arena, struct text language, struct mail_words *out)
{
    static const struct text place = TEXT_CONSTANT("{body}");
    const struct mail_word words[] = { { "language", language }, { "subject", out->subject }, {} };
    struct text layout;
    if (!find(TEXT("layout.html"), &layout))
        return false;
    const char *at = memmem(layout.data, layout.length, place.data, place.length);
    if (!at)
        return false;
    size_t before = (size_t)(at - layout.data);
    struct buffer page = { .arena = arena };
    buffer_add(&page, fill(arena, text_slice(layout, 0, before), words, true));
    buffer_add(&page, text_trim(out->html));
    buffer_add(&page, fill(arena, text_slice(layout, before + place.length, layout.length), words, true));
    out->html = page.text;
    return true;
}

bool mail_render(struct arena *arena, struct text name, struct text language, const struct mail_word *words,
                 struct mail_words *out, struct error *error)
{
    struct text plain, html;
    if (!text_is(language, "en"))
        language = TEXT("es");
    struct text source = arena_format(arena, "%.*s.%.*s", TEXT_ARG(name), TEXT_ARG(language));
    if (!find(arena_format(arena, "%.*s.txt", TEXT_ARG(source)), &plain)
        || !find(arena_format(arena, "%.*s.html", TEXT_ARG(source)), &html))
        return fail(error, ERROR_internal, "there is no template %.*s", TEXT_ARG(name));
    struct text subject = text_cut(&plain, '\n');
    out->subject = fill(arena, subject, words, false);
    out->text = fill(arena, plain, words, false);
    out->html = fill(arena, html, words, true);
    return frame(arena, language, out) || fail(error, ERROR_internal, "the layout has no place for a mail");
}
