#include "letters/letter.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "mail/message.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/options.h"

#define FROM_NAME "NIDIA Flow"

struct text letter_place(struct arena *arena, struct text id)
{
    return arena_format(arena, "outgoing_mails.content:%.*s", TEXT_ARG(id));
}

bool letters_send_by(struct work *work, int64_t run_at)
{
    struct job job;
    struct text job_id;
    bool found;
    if (!job_find_open(work, job_kind_send_mail, TEXT(""), &job, &found))
        return false;
    /* It cannot be claimed before this transaction ends, and then sees what this one wrote. */
    if (found && is_choice(job.status, job_status, queued) && job.run_at.integer <= run_at)
        return true;
    return job_enqueue(work, &(struct job_request){ .program = &send_mail_program, .run_at = run_at },
                       &job_id);
}

/* The message as it will travel, so that each attempt sends the same. */
static bool write_message(struct work *work, const struct letter *letter, struct text id,
                          struct text *message)
{
    struct mail_words words;
    struct text name = mail_kind_choices.texts[letter->kind];
    if (!mail_render(work->arena, name, letter->language, letter->words, &words, &work->error))
        return false;
    const struct mail mail = {
        .id = id,
        .from = text_from(option_string(work->site->options, OPTION_mail_from)),
        .from_name = TEXT(FROM_NAME),
        .to = letter->to,
        .to_name = letter->to_name,
        .subject = words.subject,
        .text = words.text,
        .html = words.html,
        .language = letter->language,
        .date_ms = work->now,
    };
    return mail_build(work->arena, &mail, message, &work->error);
}

bool letter_add(struct work *work, const struct letter *letter)
{
    struct text id = random_uuid(work->arena, work->now), message;
    if (!write_message(work, letter, id, &message))
        return false;
    struct outgoing_mail row = {
        .id = value_text(id),
        .kind = value_text(mail_kind_choices.texts[letter->kind]),
        .user_id = value_text_or_null(letter->user_id),
        .recipient = value_text(letter->to),
        .status =
            letter->user_id.length > 0 ? choice_value(mail_status, queued) : choice_value(mail_status, void),
        .content = value_text(seal(work->arena, work->site->keyring, message, letter_place(work->arena, id))),
        .next_attempt_at = value_time(work->now),
    };
    return store_create(work, &outgoing_mails_table, row.cells) && letters_send_by(work, work->now);
}
