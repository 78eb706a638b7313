/* Letters: what the program writes to people, queued in the transaction of the change that it tells of. */
#pragma once
#include "mail/template.h"
#include "model/model.h"
#include "queue/queue.h"

struct letter {
    enum mail_kind kind; /* its template has the same name */
    struct text user_id; /* empty: nobody's; written like any other, and not sent */
    struct text to, to_name, language;
    const struct mail_word *words; /* ended by a NULL name */
};

/* In a transaction: the letter goes out after the commit, at least once, under one Message-ID. */
[[nodiscard]] bool letter_add(struct work *work, const struct letter *letter);

/* Where a letter's message is sealed. */
struct text letter_place(struct arena *arena, struct text id);

/* Sends what is due. */
extern const struct job_program send_mail_program;
/* In a transaction: the job runs at `run_at` at the latest. */
[[nodiscard]] bool letters_send_by(struct work *work, int64_t run_at);

extern const struct job_program *const letters_job_programs[]; /* ended by NULL */
