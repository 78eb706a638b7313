#include "hosting/create_table.h"

static const struct text head = TEXT_CONSTANT("CREATE TABLE ");

static size_t find(struct text text, size_t from, struct text end)
{
    for (size_t at = from; at < text.length; at++)
        if (text_starts(text_slice(text, at, text.length), end))
            return at + end.length;
    return text.length;
}

/* Behind the comment, the quoted name or text, or else the one byte that stands there. */
static size_t behind_token(struct text text, size_t at)
{
    static const struct {
        struct text begin, end;
    } pairs[] = {
        { TEXT_CONSTANT("--"), TEXT_CONSTANT("\n") }, { TEXT_CONSTANT("/*"), TEXT_CONSTANT("*/") },
        { TEXT_CONSTANT("'"), TEXT_CONSTANT("'") },   { TEXT_CONSTANT("\""), TEXT_CONSTANT("\"") },
        { TEXT_CONSTANT("`"), TEXT_CONSTANT("`") },   { TEXT_CONSTANT("["), TEXT_CONSTANT("]") },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (text_starts(text_slice(text, at, text.length), pairs[i].begin))
            return find(text, at + pairs[i].begin.length, pairs[i].end);
    return at + 1;
}

/* The first of these bytes that stands in no comment, quotes or parentheses. */
static size_t find_bare(struct text text, struct text bytes)
{
    int depth = 0;
    for (size_t at = 0; at < text.length; at = behind_token(text, at)) {
        char byte = text.data[at];
        if (depth == 0 && text_find_byte(bytes, byte) < bytes.length)
            return at;
        depth += byte == '(' ? 1 : byte == ')' ? -1 : 0;
    }
    return text.length;
}

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* From the first word on. */
static struct text without_lead(struct text text)
{
    while (text.length > 0
           && (is_blank(text.data[0]) || text_starts(text, TEXT("--")) || text_starts(text, TEXT("/*"))))
        text = text_slice(text, behind_token(text, 0), text.length);
    while (text.length > 0 && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

static bool is_of_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9')
        || byte == '_' || byte == '$' || (unsigned char)byte >= 0x80;
}

/* With its quotes, where it has any. */
static struct text first_word(struct text text)
{
    size_t end = 0;
    while (end < text.length && is_of_word(text.data[end]))
        end++;
    return text_slice(text, 0, end > 0 || text.length == 0 ? end : behind_token(text, 0));
}

bool create_table_begin(struct create_table *statement, struct text sql)
{
    if (!text_starts(sql, head))
        return false;
    size_t open = find_bare(sql, TEXT("("));
    *statement = (struct create_table){ .rest = text_slice(sql, open + 1, sql.length) };
    return open < sql.length;
}

/* These words are no names of columns unless they are quoted. */
static bool begins_rule(struct text word)
{
    static const struct text words[] = {
        TEXT_CONSTANT("CONSTRAINT"), TEXT_CONSTANT("PRIMARY"), TEXT_CONSTANT("UNIQUE"),
        TEXT_CONSTANT("CHECK"),      TEXT_CONSTANT("FOREIGN"),
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_blind(word, words[i]))
            return true;
    return false;
}

static struct text name_of(const struct table_part *part, struct text word)
{
    if (!part->is_rule)
        return word;
    if (!text_equal_blind(word, TEXT("CONSTRAINT")))
        return part->definition;
    return first_word(without_lead(text_slice(part->definition, word.length, part->definition.length)));
}

bool create_table_next(struct create_table *statement, struct table_part *part)
{
    if (statement->rest.length == 0)
        return false;
    struct text rest = statement->rest;
    size_t end = find_bare(rest, TEXT(",)"));
    bool is_last = end == rest.length || rest.data[end] == ')';
    statement->rest = is_last ? (struct text){} : text_slice(rest, end + 1, rest.length);
    if (is_last)
        statement->tail = text_slice(rest, end + 1, rest.length);
    part->definition = without_lead(text_slice(rest, 0, end));
    struct text word = first_word(part->definition);
    part->is_rule = begins_rule(word);
    part->name = name_of(part, word);
    return true;
}
