#include "record/definition.h"

static const struct text key_words = TEXT_CONSTANT(" PRIMARY KEY");
static const struct text required_words = TEXT_CONSTANT(" NOT NULL");
static const struct text default_word = TEXT_CONSTANT(" DEFAULT ");
static const struct text check_word = TEXT_CONSTANT("CHECK (");

/* What may stand behind a column's type. */
static const struct text behind_type[] = {
    TEXT_CONSTANT(" PRIMARY KEY"), TEXT_CONSTANT(" NOT NULL"), TEXT_CONSTANT(" DEFAULT "),
    TEXT_CONSTANT(" CONSTRAINT "), TEXT_CONSTANT(" CHECK ("),  TEXT_CONSTANT(" REFERENCES "),
};

static size_t find(struct text text, struct text word)
{
    for (size_t i = 0; i + word.length <= text.length; i++)
        if (text_starts(text_slice(text, i, text.length), word))
            return i;
    return text.length;
}

static struct text behind(struct text text, struct text word)
{
    size_t at = find(text, word);
    return text_slice(text, at < text.length ? at + word.length : at, text.length);
}

/* Up to the default: a default's text may hold any word. */
static struct text before_default(struct text column)
{
    return text_slice(column, 0, find(column, default_word));
}

struct text definition_type(struct text column)
{
    struct text type = behind(column, TEXT(" "));
    for (size_t i = 0; i < sizeof behind_type / sizeof *behind_type; i++)
        type = text_slice(type, 0, find(type, behind_type[i]));
    return type;
}

struct text definition_default(struct text column)
{
    return behind(column, default_word);
}

bool definition_is_required(struct text column)
{
    return text_contains(before_default(column), required_words);
}

bool definition_is_key(struct text column)
{
    return text_contains(before_default(column), key_words);
}

/* Where the parenthesis that is open at the start closes; quoted ones do not count. */
static size_t find_close(struct text text)
{
    bool quoted = false;
    int depth = 1;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (byte == '\'')
            quoted = !quoted;
        else if (!quoted)
            depth += byte == '(' ? 1 : byte == ')' ? -1 : 0;
        if (depth == 0)
            return i;
    }
    return text.length;
}

bool definition_next_check(struct text *rest, struct text *condition)
{
    struct text from = behind(*rest, check_word);
    size_t end = find_close(from);
    *condition = text_slice(from, 0, end);
    *rest = text_slice(from, end, from.length);
    return condition->length > 0;
}

struct text definition_keys(struct text index)
{
    struct text from = behind(index, TEXT("("));
    return text_slice(from, 0, find_close(from));
}

struct text definition_where(struct text index)
{
    return behind(index, TEXT(" WHERE "));
}
