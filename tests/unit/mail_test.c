#include "mail/message.h"
#include "mail/sender.h"
#include "mail/smtp.h"
#include "mail/template.h"
#include "model/model.h"
#include "test.h"
#include <string.h>

static struct mail sample(void)
{
    return (struct mail){
        .id = TEXT("01890000-0000-7000-8000-000000000001"),
        .from = TEXT("no-reply@nidia.test"),
        .from_name = TEXT("NIDIA Flow"),
        .to = TEXT("ana@nidia.test"),
        .to_name = TEXT("Ana Peña"),
        .subject = TEXT("Contraseña"),
        .text = TEXT("Hola, Ana:\n.\nfin\n"),
        .html = TEXT("<p>Hola</p>\n"),
        .language = TEXT("es"),
        .date_ms = INT64_C(1'790'000'000'000),
    };
}

static bool build(struct arena *arena, const struct mail *mail, struct text *message)
{
    struct error error = {};
    return mail_build(arena, mail, message, &error);
}

TEST(a_mail_is_mime_with_two_forms_and_an_id_of_its_own)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    const struct mail mail = sample();
    struct text message;
    CHECK(build(arena, &mail, &message));
    CHECK(text_contains(message, TEXT("Message-Id: <01890000-0000-7000-8000-000000000001@nidia.test>\r\n")));
    CHECK(text_contains(message, TEXT("multipart/alternative")) && text_contains(message, TEXT("text/html")));
    CHECK(text_contains(message, TEXT("Subject: =?")) && !text_contains(message, TEXT("Peña")));
    for (size_t i = 0; i < message.length; i++)
        CHECK(message.data[i] != '\n' || message.data[i - 1] == '\r');
}

TEST(nothing_that_ends_a_header_gets_into_one)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    static const struct text bad[] = {
        TEXT_CONSTANT("a\r\nBcc: b@nidia.test"),
        TEXT_CONSTANT("a\nb"),
        TEXT_CONSTANT("a\rb"),
        TEXT_CONSTANT("a\0b"),
        TEXT_CONSTANT("\x7f"),
        TEXT_CONSTANT("\xff"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int field = 0; field < 6; field++) {
            struct mail mail = sample();
            struct text message = {};
            struct text *const fields[] = { &mail.to_name,  &mail.subject, &mail.from_name,
                                            &mail.language, &mail.id,      &mail.to };
            *fields[field] = bad[i];
            CHECK(!build(arena, &mail, &message) && message.length == 0);
        }
}

TEST(an_address_is_one_address)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    static const char *const bad[] = {
        "", "ana", "@nidia.test", "ana@", "<ana@nidia.test>", "a b@nidia.test"
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mail mail = sample();
        struct text message;
        mail.to = text_from(bad[i]);
        CHECK(!build(arena, &mail, &message));
    }
}

/* Every word that some mail has. */
static const struct mail_word words[] = {
    { "name", TEXT_CONSTANT("Ana & <Luz>") },
    { "email", TEXT_CONSTANT("ana@nidia.test") },
    { "new_email", TEXT_CONSTANT("luz@nidia.test") },
    { "link", TEXT_CONSTANT("https://nidia.test/#t") },
    { "life", TEXT_CONSTANT("30") },
    { "time", TEXT_CONSTANT("mañana") },
    { "until", TEXT_CONSTANT("pasado mañana") },
    { "device", TEXT_CONSTANT("Firefox") },
    { "passkey", TEXT_CONSTANT("la del llavero") },
    { "address", TEXT_CONSTANT("192.0.2.1") },
    { "tenant", TEXT_CONSTANT("Acme") },
    { "impersonator", TEXT_CONSTANT("Eva") },
    { "reason", TEXT_CONSTANT("una factura") },
    { "metric", TEXT_CONSTANT("correos") },
    { "percent", TEXT_CONSTANT("80") },
    { "used", TEXT_CONSTANT("8") },
    { "allowed", TEXT_CONSTANT("10") },
    {},
};

TEST(a_template_has_both_languages_and_no_word_left)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    static const char *const languages[] = { "es", "en" };
    struct mail_words out, other = {};
    struct error error = {};
    for (size_t i = 0; i < 2 * (size_t)mail_kind_count; i++) {
        struct text name = mail_kind_choices.texts[i / 2];
        test_note("%.*s in %s", TEXT_ARG(name), languages[i % 2]);
        CHECK(mail_render(arena, name, text_from(languages[i % 2]), words, &out, &error));
        CHECK(out.subject.length > 10 && !text_equal(out.subject, other.subject));
        CHECK(text_contains(out.text, TEXT("Ana & <Luz>")));
        CHECK(text_contains(out.html, TEXT("Ana &amp; &lt;Luz&gt;"))
              && !text_contains(out.html, TEXT("<Luz>")));
        CHECK(text_contains(out.text, TEXT("https://nidia.test/#t"))
              == text_contains(out.html, TEXT("href=\"https://nidia.test/#t\"")));
        CHECK(!text_contains(out.subject, TEXT("{")) && !text_contains(out.text, TEXT("{")));
        const char *body = memmem(out.html.data, out.html.length, "<body>", 6);
        CHECK(body && !memchr(body, '{', out.html.length - (size_t)(body - out.html.data)));
        other = out;
    }
    CHECK(!mail_render(arena, TEXT("none"), TEXT("es"), words, &out, &error));
}

TEST(only_this_machine_is_spoken_to_without_tls)
{
    CHECK(smtp_is_local(TEXT("smtp://127.0.0.1:25")) && smtp_is_local(TEXT("smtp://localhost")));
    CHECK(smtp_is_local(TEXT("smtp://[::1]:25")));
    CHECK(!smtp_is_local(TEXT("smtp://127.0.0.1.example.com"))
          && !smtp_is_local(TEXT("smtp://mail.example.com")));
    CHECK(!smtp_is_local(TEXT("smtp://128.0.0.1:25"))
          && !smtp_is_local(TEXT("smtp://localhost.example.com:25")));
    CHECK(mail_url_is_formed(TEXT("smtp://mail.example.com:587")) && mail_url_is_formed(TEXT("smtps://a")));
    CHECK(!mail_url_is_formed(TEXT("smtp://user:secret@a")) && !mail_url_is_formed(TEXT("http://a")));
    CHECK(!mail_url_is_formed(TEXT("smtp://")) && !mail_url_is_formed(TEXT("smtp://a/b")));
}
