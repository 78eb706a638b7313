/* One SMTP server (RFC 5321), by libcurl. The connection is kept from one mail to the next. */
#pragma once
#include "mail/sender.h"

struct smtp;
struct smtp *smtp_create(const struct mail_sender_options *options);
void smtp_destroy(struct smtp *smtp);

enum mail_outcome smtp_send(struct smtp *smtp, struct arena *arena, const struct envelope *envelope,
                            struct text *why);

/* Does "smtp://HOST…" name this machine? There alone a server is spoken to without TLS. */
bool smtp_is_local(struct text url);
