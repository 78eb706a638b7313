/* Where mail goes out: to an SMTP server, or into a folder where there is none yet. One thread's. */
#pragma once
#include "base/arena.h"
#include <stdatomic.h>

enum mail_outcome {
    MAIL_SENT,
    MAIL_LATER,   /* this one was refused for now */
    MAIL_REFUSED, /* this one will never be taken */
    MAIL_AWAY,    /* the server itself: no other would go out now either */
};

struct mail_sender_options {
    const char *url;             /* smtp://HOST:PORT or smtps://HOST:PORT; empty: the folder */
    const char *user, *password; /* empty: none */
    const char *folder;          /* made 0700 where it is missing */
    const atomic_bool *ending;   /* what is under way is given up when it becomes true */
};

struct envelope {
    struct text id, from, to, message;
};

struct mail_sender;
struct mail_sender *mail_sender_create(const struct mail_sender_options *options);
void mail_sender_cleanup(struct mail_sender **sender); /* for [[gnu::cleanup]] */

/* Blocks, with a deadline. `why`, in the arena, says what the server said; no content of the mail. */
enum mail_outcome mail_sender_send(struct mail_sender *sender, struct arena *arena,
                                   const struct envelope *envelope, struct text *why);

/* Is it an address that a sender can be made for? */
bool mail_url_is_formed(struct text url);
