#include "letters/link.h"
#include "crypto/hash.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/options.h"

enum { TOKEN_BYTES = 32 };

#define GOOD(purposes)  " FROM mailed_links WHERE token_hash = $1 AND expires_at > $2 AND purpose IN " purposes
#define READ            "user_id, epoch, purpose, is_shown"
#define FIND(purposes)  "SELECT " READ GOOD(purposes)
#define SPEND(purposes) "DELETE" GOOD(purposes) " RETURNING " READ
#define OF_PASSWORDS    "('invitation', 'reset_password')"
#define OF_EMAILS       "('verify_email', 'confirm_new_email', 'confirm_old_email')"

static const struct {
    const char *page, *find, *spend; /* the statements: $1: the token's hash, $2: now */
} uses[LINK_USE_COUNT] = {
    [LINK_CHOOSES_PASSWORD] = { "set-password", FIND(OF_PASSWORDS), SPEND(OF_PASSWORDS) },
    [LINK_CONFIRMS_EMAIL] = { "confirm-email", FIND(OF_EMAILS), SPEND(OF_EMAILS) },
};

static enum link_use use_of(enum mail_kind purpose)
{
    bool of_password = purpose == mail_kind_invitation || purpose == mail_kind_reset_password;
    return of_password ? LINK_CHOOSES_PASSWORD : LINK_CONFIRMS_EMAIL;
}

/* Behind the '#', which no browser sends: it stands in no log and in no Referer. */
static struct text url_of(struct work *work, enum mail_kind purpose, struct text token)
{
    struct text base = options_public_url(work->site->options, work->arena);
    return arena_format(work->arena, "%.*s/%s#%.*s", TEXT_ARG(base), uses[use_of(purpose)].page,
                        TEXT_ARG(token));
}

bool link_add(struct work *work, enum mail_kind purpose, const struct link_holder *holder, int64_t life_ms,
              struct text *url)
{
    struct text token = random_token(work->arena, TOKEN_BYTES);
    struct mailed_link link = {
        .purpose = value_text(mail_kind_choices.texts[purpose]),
        .user_id = value_text_or_null(holder->user_id),
        .token_hash = value_text(sha256_hex(work->arena, token)),
        .epoch = value_integer(holder->epoch),
        .is_shown = value_boolean(holder->is_shown),
        .expires_at = value_time(work->now + life_ms),
    };
    *url = url_of(work, purpose, token);
    return store_create(work, &mailed_links_table, link.cells);
}

bool link_void(struct work *work, enum mail_kind purpose, struct text user_id)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM mailed_links WHERE user_id = $1 AND purpose = $2",
                  PARAMETERS(value_text(user_id), value_text(mail_kind_choices.texts[purpose])));
}

static bool is_void(struct work *work)
{
    return fail_at(&work->error, "/token", ERROR_link_void, "");
}

static bool take(struct work *work, const char *sql, struct text token, struct opened_link *link)
{
    struct result result;
    struct user *user = &link->user;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(value_text(sha256_hex(work->arena, token)), value_time(work->now))))
        return false;
    const struct value *row = result.row_count > 0 ? result_row(&result, 0) : NULL;
    if (!row || !value_is_set(row[0]))
        return is_void(work);
    if (!store_find_by(work, &users_table, "id", row[0], work->transacting, user->cells))
        return false;
    link->purpose = row[2];
    link->proves_mailbox = !cell_boolean(row[3]);
    bool good = user->session_epoch.integer == cell_integer(row[1]) && value_is_true(user->is_active)
             && !value_is_set(user->deleted_at);
    return good || is_void(work);
}

bool link_find(struct work *work, enum link_use use, struct text token, struct opened_link *link)
{
    return take(work, uses[use].find, token, link);
}

bool link_spend(struct work *work, enum link_use use, struct text token, struct opened_link *link)
{
    return take(work, uses[use].spend, token, link);
}
