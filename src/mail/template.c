#include "mail/template.h"
#include "base/buffer.h"

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

static bool find(struct arena *arena, struct text name, struct text language, const char *form,
                 struct text *source)
{
    struct text wanted = arena_format(arena, "%.*s.%.*s.%s", TEXT_ARG(name), TEXT_ARG(language), form);
    for (const struct mail_template_source *at = mail_templates; at->name; at++)
        if (text_is(wanted, at->name)) {
            *source = text_from(at->text);
            return true;
        }
    return false;
}

bool mail_render(struct arena *arena, struct text name, struct text language, const struct mail_word *words,
                 struct mail_words *out, struct error *error)
{
    struct text plain, html;
    if (!text_is(language, "en"))
        language = TEXT("es");
    if (!find(arena, name, language, "txt", &plain) || !find(arena, name, language, "html", &html))
        return fail(error, ERROR_internal, "there is no template %.*s", TEXT_ARG(name));
    struct text subject = text_cut(&plain, '\n');
    out->subject = fill(arena, subject, words, false);
    out->text = fill(arena, plain, words, false);
    out->html = fill(arena, html, words, true);
    return true;
}
