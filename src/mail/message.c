#include "mail/message.h"
#include <gmime/gmime.h>
#include <pthread.h>

static void free_object(GObject **object)
{
    if (*object)
        g_object_unref(*object);
}

static void free_string(char **string)
{
    g_free(*string);
}

static void free_format(GMimeFormatOptions **format)
{
    g_mime_format_options_free(*format);
}

static void free_time(GDateTime **time)
{
    if (*time)
        g_date_time_unref(*time);
}

/* gmime folds and encodes headers; what could end one is refused before it gets there. */
static bool is_one_line(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return false;
    return text_is_utf8(text);
}

static bool is_address(struct text text)
{
    size_t at = text_find_byte(text, '@');
    return at > 0 && at + 1 < text.length && is_one_line(text) && !text_contains(text, TEXT(" "))
        && !text_contains(text, TEXT("<")) && !text_contains(text, TEXT(">"));
}

static bool check(const struct mail *mail, struct error *error)
{
    const struct text lines[] = { mail->id, mail->from_name, mail->to_name, mail->subject, mail->language };
    bool good = is_address(mail->from) && is_address(mail->to);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        good = good && is_one_line(lines[i]);
    return good || fail(error, ERROR_malformed, "a header of the mail %.*s", TEXT_ARG(mail->id));
}

static GMimeObject *part(struct arena *arena, const char *subtype, struct text text)
{
    GMimeTextPart *part = g_mime_text_part_new_with_subtype(subtype);
    g_mime_text_part_set_charset(part, "utf-8");
    g_mime_text_part_set_text(part, arena_string(arena, text));
    g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    return GMIME_OBJECT(part);
}

/* The plain form first: a reader shows the last one that it understands (RFC 2046, 5.1.4). */
static GMimeObject *body(struct arena *arena, const struct mail *mail)
{
    GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
    [[gnu::cleanup(free_object)]] GObject *plain = G_OBJECT(part(arena, "plain", mail->text));
    [[gnu::cleanup(free_object)]] GObject *html = G_OBJECT(part(arena, "html", mail->html));
    g_mime_multipart_add(both, GMIME_OBJECT(plain));
    g_mime_multipart_add(both, GMIME_OBJECT(html));
    return GMIME_OBJECT(both);
}

static void add_headers(struct arena *arena, GMimeMessage *message, const struct mail *mail)
{
    struct text domain = text_slice(mail->from, text_find_byte(mail->from, '@') + 1, mail->from.length);
    struct text id = arena_format(arena, "%.*s@%.*s", TEXT_ARG(mail->id), TEXT_ARG(domain));
    [[gnu::cleanup(free_time)]] GDateTime *date = g_date_time_new_from_unix_utc(mail->date_ms / 1000);
    const char *to_name = mail->to_name.length > 0 ? arena_string(arena, mail->to_name) : NULL;
    g_mime_message_set_date(message, date);
    g_mime_message_set_message_id(message, id.data);
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, arena_string(arena, mail->from_name),
                               arena_string(arena, mail->from));
    g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, to_name, arena_string(arena, mail->to));
    g_mime_message_set_subject(message, arena_string(arena, mail->subject), "utf-8");
    g_mime_object_set_header(GMIME_OBJECT(message), "Content-Language", arena_string(arena, mail->language),
                             NULL);
    /* No answering machine answers (RFC 3834). */
    g_mime_object_set_header(GMIME_OBJECT(message), "Auto-Submitted", "auto-generated", NULL);
}

bool mail_build(struct arena *arena, const struct mail *mail, struct text *message, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!check(mail, error))
        return false;
    pthread_once(&once, g_mime_init);
    [[gnu::cleanup(free_object)]] GObject *whole = G_OBJECT(g_mime_message_new(FALSE));
    [[gnu::cleanup(free_object)]] GObject *content = G_OBJECT(body(arena, mail));
    add_headers(arena, GMIME_MESSAGE(whole), mail);
    g_mime_message_set_mime_part(GMIME_MESSAGE(whole), GMIME_OBJECT(content));
    [[gnu::cleanup(free_format)]] GMimeFormatOptions *format = g_mime_format_options_new();
    g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
    [[gnu::cleanup(free_string)]] char *string = g_mime_object_to_string(GMIME_OBJECT(whole), format);
    *message = arena_copy(arena, text_from(string));
    return true;
}
