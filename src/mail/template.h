/* What mails say: templates/mail/NAME.LANGUAGE.txt (its first line is the subject) and .html, carried within
 * the program. layout.html is the page around each .html. */
#pragma once
#include "base/arena.h"
#include "base/error.h"

struct mail_template_source {
    const char *name, *text;
};
extern const struct mail_template_source mail_templates[]; /* ended by a NULL name */

/* Stands where "{name}" does. */
struct mail_word {
    const char *name;
    struct text value;
};

struct mail_words {
    struct text subject, text, html;
};

/* `words` ends with a NULL name. Values are escaped in HTML; a language that has no template gets Spanish. */
[[nodiscard]] bool mail_render(struct arena *arena, struct text name, struct text language,
                               const struct mail_word *words, struct mail_words *out, struct error *error);
