/* The job that sends what is due, one letter after the other, and comes again for what was not taken. */
#include "base/calendar.h"
#include "crypto/seal.h"
#include "letters/letter.h"
#include "mail/sender.h"
#include "record/site.h"
#include "record/sql_text.h"
#include "record/store.h"
#include "record/transact.h"
#include "settings/options.h"

enum {
    PIECE_MAX = 20,
    ATTEMPTS_MAX = 10,
    BACK_OFF_MAX_MS = 10 * MINUTE_MS,
    DOUBLINGS_MAX = 10,
    GIVE_UP_AFTER_DAYS = 5, /* RFC 5321, 4.5.4.1 */
};

/* What came of one letter. */
struct delivery {
    struct outgoing_mail mail;
    enum mail_outcome outcome;
    struct text why;
};

static int64_t back_off_ms(int64_t attempts)
{
    int64_t time_ms = INT64_C(1'000) << (attempts < DOUBLINGS_MAX ? attempts : DOUBLINGS_MAX);
    return time_ms < BACK_OFF_MAX_MS ? time_ms : BACK_OFF_MAX_MS;
}

static bool is_given_up(const struct work *work, const struct delivery *delivery)
{
    int64_t age_ms = work->now - delivery->mail.created_at.integer;
    return delivery->outcome == MAIL_REFUSED
        || (delivery->outcome == MAIL_LATER && age_ms > (int64_t)GIVE_UP_AFTER_DAYS * DAY_MS);
}

static bool note(struct work *work, void *data)
{
    const struct delivery *delivery = data;
    int64_t attempts = delivery->mail.attempts.integer;
    bool given_up = is_given_up(work, delivery), sent = delivery->outcome == MAIL_SENT;
    struct outgoing_mail after, changes = { .attempts = value_integer(attempts + 1) };
    changes.error = value_text_or_null(text_head(delivery->why, 400));
    if (sent || given_up) {
        changes.status = sent ? choice_value(mail_status, sent) : choice_value(mail_status, failed);
        changes.sent_at = sent ? value_time(work->now) : value_null();
        changes.content = value_null();
        work_count(work, sent ? METRIC_mails_sent_total : METRIC_mails_failed_total);
    } else {
        changes.next_attempt_at = value_time(work->now + back_off_ms(attempts));
    }
    return store_update(work, &outgoing_mails_table, delivery->mail.cells, changes.cells, after.cells);
}

static bool deliver(struct work *work, struct mail_sender *sender, struct delivery *delivery)
{
    const struct outgoing_mail *mail = &delivery->mail;
    struct envelope envelope = {
        .id = mail->id.text,
        .from = text_from(option_string(work->site->options, OPTION_mail_from)),
        .to = mail->recipient.text,
    };
    if (!unseal(work->arena, work->site->keyring, mail->content.text,
                letter_place(work->arena, mail->id.text), &envelope.message, &work->error))
        return false;
    delivery->outcome = mail_sender_send(sender, work->arena, &envelope, &delivery->why);
    if (atomic_load(&work->site->ending) && delivery->outcome != MAIL_SENT)
        return fail(&work->error, ERROR_overloaded, "the process ends");
    work->now = work->site->now(work->site);
    return db_transact(work, note, delivery);
}

static bool read_due(struct work *work, struct result *result)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_select(&sql, &outgoing_mails_table);
    sql_add(&sql, " WHERE status = 'queued' AND next_attempt_at <= ");
    sql_bind(&sql, value_time(work->now));
    sql_add(&sql, " ORDER BY next_attempt_at, id LIMIT ");
    sql_bind(&sql, value_integer(PIECE_MAX));
    return sql_run(work, &sql, result);
}

/* Until nothing is due, or the server is away: then the others would wait for it in vain. */
static bool send_all(struct work *work, struct mail_sender *sender, int64_t *not_before)
{
    *not_before = 0;
    for (struct result due;;) {
        if (!read_due(work, &due))
            return false;
        for (size_t i = 0; i < due.row_count; i++) {
            struct delivery delivery = {};
            row_read(&outgoing_mails_table, result_row(&due, i), delivery.mail.cells);
            if (!deliver(work, sender, &delivery))
                return false;
            if (delivery.outcome == MAIL_AWAY) {
                *not_before = work->now + back_off_ms(delivery.mail.attempts.integer);
                return true;
            }
        }
        if (due.row_count < PIECE_MAX)
            return true;
    }
}

/* Comes again for what waits. */
static bool plan_next(struct work *work, void *data)
{
    static const char first[] = "SELECT min(next_attempt_at) FROM outgoing_mails WHERE status = 'queued'";
    int64_t not_before = *(const int64_t *)data;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, first, NO_PARAMETERS))
        return false;
    struct value next = result_row(&result, 0)[0];
    if (!value_is_set(next))
        return true;
    int64_t run_at = cell_integer(next) > not_before ? cell_integer(next) : not_before;
    return letters_send_by(work, run_at);
}

static bool send_due(struct work *work, const struct job *)
{
    const struct options *options = work->site->options;
    struct text folder = arena_format(work->arena, "%s/mail", option_string(options, OPTION_data));
    const struct mail_sender_options where = {
        .url = option_string(options, OPTION_smtp),
        .user = option_string(options, OPTION_smtp_user),
        .password = option_string(options, OPTION_smtp_password),
        .folder = folder.data,
        .ending = &work->site->ending,
    };
    [[gnu::cleanup(mail_sender_cleanup)]] struct mail_sender *sender = mail_sender_create(&where);
    int64_t not_before;
    return send_all(work, sender, &not_before) && db_transact(work, plan_next, &not_before);
}

const struct job_program send_mail_program = {
    .kind = job_kind_send_mail,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "send", send_due } },
};

const struct job_program *const letters_job_programs[] = {
    &send_mail_program,
    NULL,
};
