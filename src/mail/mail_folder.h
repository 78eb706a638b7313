/* Mail as files, ID.eml, for as long as no SMTP server is set up. */
#pragma once
#include "mail/sender.h"

/* Durable when it returns; a second time, the same file. */
enum mail_outcome mail_folder_put(const char *folder, struct arena *arena, const struct envelope *envelope,
                                  struct text *why);
