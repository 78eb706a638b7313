#include "mail/smtp.h"
#include "base/memory.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_SECONDS_MAX = 10, MAIL_SECONDS_MAX = 30, WHY_MAX = 200, LAST_ANSWER_MAX = 160 };

struct smtp {
    const struct mail_sender_options *options;
    CURL *curl;
    struct text unsent;               /* of the message that goes out just now */
    char answer[LAST_ANSWER_MAX + 1]; /* the server's last line that refused something */
};

static void begin_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool smtp_is_local(struct text url)
{
    struct text host = url;
    struct in_addr address;
    text_cut(&host, '/');
    text_cut(&host, '/');
    if (text_starts(host, TEXT("[::1]")))
        return true;
    host = text_cut(&host, ':');
    char string[INET_ADDRSTRLEN] = {};
    if (text_equal_blind(host, TEXT("localhost")))
        return true;
    if (host.length >= sizeof string)
        return false;
    memcpy(string, host.data, host.length);
    return inet_pton(AF_INET, string, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static size_t give(char *out, size_t size, size_t count, void *data)
{
    struct smtp *smtp = data;
    struct text piece = text_slice(smtp->unsent, 0, size * count);
    memcpy(out, piece.data, piece.length);
    smtp->unsent = text_slice(smtp->unsent, piece.length, smtp->unsent.length);
    return piece.length;
}

static size_t hear(char *line, size_t size, size_t count, void *data)
{
    struct smtp *smtp = data;
    size_t length = size * count, kept = length < LAST_ANSWER_MAX ? length : LAST_ANSWER_MAX;
    if (length == 0 || (line[0] != '4' && line[0] != '5'))
        return length;
    while (kept > 0 && (unsigned char)line[kept - 1] < ' ')
        kept--;
    memcpy(smtp->answer, line, kept);
    smtp->answer[kept] = '\0';
    return length;
}

static int look(void *data, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    const struct smtp *smtp = data;
    return atomic_load(smtp->options->ending);
}

struct smtp *smtp_create(const struct mail_sender_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin_curl);
    struct smtp *smtp = memory_new(struct smtp);
    smtp->options = options;
    smtp->curl = curl_easy_init();
    if (!smtp->curl)
        abort(); /* out of memory */
    CURL *curl = smtp->curl;
    bool is_local = smtp_is_local(text_from(options->url));
    curl_easy_setopt(curl, CURLOPT_URL, options->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(is_local ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS_MAX);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)MAIL_SECONDS_MAX);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, smtp);
    if (*options->user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, options->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, options->password);
    }
    return smtp;
}

void smtp_destroy(struct smtp *smtp)
{
    curl_easy_cleanup(smtp->curl);
    free(smtp);
}

/*
 * Only what the server says of this mail counts against it: of its addresses (CURLE_SEND_ERROR), or of its
 * content once that was given. A greeting or a sign-in that fails is the server's, or its settings' fault.
 */
static enum mail_outcome judge(const struct smtp *smtp, const struct envelope *envelope, CURLcode code)
{
    long answer = 0;
    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &answer);
    bool content_given = smtp->unsent.length < envelope->message.length;
    bool about_mail = code == CURLE_SEND_ERROR || (code == CURLE_WEIRD_SERVER_REPLY && content_given);
    if (code == CURLE_OK)
        return MAIL_SENT;
    if (!about_mail || answer < 400 || answer == 421) /* 421: it closes the connection, whatever the mail */
        return MAIL_AWAY;
    return answer < 500 ? MAIL_LATER : MAIL_REFUSED;
}

enum mail_outcome smtp_send(struct smtp *smtp, struct arena *arena, const struct envelope *envelope,
                            struct text *why)
{
    struct curl_slist *to = curl_slist_append(NULL, arena_string(arena, envelope->to));
    smtp->unsent = envelope->message;
    smtp->answer[0] = '\0';
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_FROM, arena_string(arena, envelope->from));
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(smtp->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)envelope->message.length);
    CURLcode code = curl_easy_perform(smtp->curl);
    enum mail_outcome outcome = judge(smtp, envelope, code);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(to);
    *why = outcome == MAIL_SENT
             ? TEXT("")
             : arena_format(arena, "%.*s: %s", WHY_MAX, curl_easy_strerror(code), smtp->answer);
    return outcome;
}
