#include "mail/sender.h"
#include "base/memory.h"
#include "mail/mail_folder.h"
#include "mail/smtp.h"
#include <stdlib.h>

struct mail_sender {
    struct mail_sender_options options;
    struct smtp *smtp; /* NULL: the folder */
};

struct mail_sender *mail_sender_create(const struct mail_sender_options *options)
{
    struct mail_sender *sender = memory_new(struct mail_sender);
    sender->options = *options;
    sender->smtp = *options->url ? smtp_create(&sender->options) : NULL;
    return sender;
}

void mail_sender_cleanup(struct mail_sender **sender)
{
    if (*sender && (*sender)->smtp)
        smtp_destroy((*sender)->smtp);
    free(*sender);
}

enum mail_outcome mail_sender_send(struct mail_sender *sender, struct arena *arena,
                                   const struct envelope *envelope, struct text *why)
{
    return sender->smtp ? smtp_send(sender->smtp, arena, envelope, why)
                        : mail_folder_put(sender->options.folder, arena, envelope, why);
}

bool mail_url_is_formed(struct text url)
{
    bool is_smtp = text_starts(url, TEXT("smtp://")), is_smtps = text_starts(url, TEXT("smtps://"));
    struct text host = text_slice(url, is_smtp ? 7 : 8, url.length);
    return (is_smtp || is_smtps) && host.length > 0 && text_find_byte(host, '@') == host.length
        && text_find_byte(host, '/') == host.length;
}
