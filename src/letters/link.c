#include "letters/link.h"
#include "crypto/hash.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/options.h"

enum { TOKEN_BYTES = 32 };

/* Behind the '#', which no browser sends: it stands in no log and in no Referer. */
static struct text url_of(struct work *work, struct text token)
{
    struct text base = options_public_url(work->site->options, work->arena);
    return arena_format(work->arena, "%.*s/set-password#%.*s", TEXT_ARG(base), TEXT_ARG(token));
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
        .expires_at = value_time(work->now + life_ms),
    };
    *url = url_of(work, token);
    return store_create(work, &mailed_links_table, link.cells);
}

static bool is_void(struct work *work)
{
    return fail_at(&work->error, "/token", ERROR_link_void, "");
}

/* The statement gives user_id and epoch; $1: the token's hash, $2: now. */
static bool take(struct work *work, const char *sql, struct text token, struct user *user)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(value_text(sha256_hex(work->arena, token)), value_time(work->now))))
        return false;
    const struct value *row = result.row_count > 0 ? result_row(&result, 0) : NULL;
    if (!row || !value_is_set(row[0]))
        return is_void(work);
    if (!store_find_by(work, &users_table, "id", row[0], work->transacting, user->cells))
        return false;
    bool good = user->session_epoch.integer == cell_integer(row[1]) && value_is_true(user->is_active)
             && !value_is_set(user->deleted_at);
    return good || is_void(work);
}

bool link_find(struct work *work, struct text token, struct user *user)
{
    return take(work, "SELECT user_id, epoch FROM mailed_links WHERE token_hash = $1 AND expires_at > $2",
                token, user);
}

bool link_spend(struct work *work, struct text token, struct user *user)
{
    static const char spend[] = "DELETE FROM mailed_links WHERE token_hash = $1 AND expires_at > $2 "
                                "RETURNING user_id, epoch";
    return take(work, spend, token, user);
}
