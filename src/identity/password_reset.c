#include "identity/password_reset.h"
#include "base/calendar.h"
#include "identity/email_verification.h"
#include "identity/throttle.h"
#include "identity/user.h"
#include "letters/letter.h"
#include "letters/link.h"
#include "record/audit.h"
#include "record/transact.h"
#include "settings/settings.h"

/* Who asks, as far as there is such a person. */
struct asking {
    struct text email, account;
    struct text user_id, tenant_id, name, language;
    int64_t epoch;
};

static bool is_allowed(struct work *work, const struct asking *asking, bool *allowed)
{
    struct text network = throttle_network(work->arena, work->origin.address);
    const struct bucket buckets[] = {
        throttle_bucket(work, arena_format(work->arena, "forgot:address:%.*s", TEXT_ARG(network)),
                        SETTING_sign_ins_per_address, INT64_C(10) * MINUTE_MS),
        throttle_bucket(work, arena_format(work->arena, "forgot:account:%.*s", TEXT_ARG(asking->account)),
                        SETTING_resets_per_account, HOUR_MS),
    };
    int64_t wait_ms = 0;
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets && wait_ms == 0; i++)
        if (!throttle_take(work, &buckets[i], &wait_ms))
            return false;
    *allowed = wait_ms == 0;
    return true;
}

/* One query for everybody, found or not. */
static bool find(struct work *work, struct asking *asking)
{
    static const char by_email[] = "SELECT id, tenant_id, first_name, language, session_epoch FROM users "
                                   "WHERE email = $1 AND is_active AND deleted_at IS NULL";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, by_email,
                PARAMETERS(value_text(asking->email))))
        return false;
    asking->language = TEXT("es");
    if (result.row_count == 0)
        return true;
    const struct value *row = result_row(&result, 0);
    asking->user_id = cell_text(row[0]);
    asking->tenant_id = cell_text(row[1]);
    asking->name = cell_text(row[2]);
    asking->language = cell_text(row[3]);
    asking->epoch = cell_integer(row[4]);
    return true;
}

static int64_t life_ms(const struct work *work)
{
    return settings_integer(work->site->settings, SETTING_reset_minutes) * MINUTE_MS;
}

static bool add_link(struct work *work, const struct asking *asking, bool shown, struct text *url)
{
    const struct link_holder holder = { asking->user_id, asking->epoch, shown };
    return link_add(work, mail_kind_reset_password, &holder, life_ms(work), url);
}

static bool write_letter(struct work *work, const struct asking *asking)
{
    struct text url;
    if (!add_link(work, asking, false, &url))
        return false;
    const struct mail_word words[] = {
        { "name", asking->name.length > 0 ? asking->name : asking->email },
        { "email", asking->email },
        { "link", url },
        { "life", arena_format(work->arena, "%lld", (long long)(life_ms(work) / MINUTE_MS)) },
        {},
    };
    const struct letter letter = {
        .kind = mail_kind_reset_password,
        .user_id = asking->user_id,
        .to = asking->email,
        .to_name = asking->name,
        .language = asking->language,
        .words = words,
    };
    return letter_add(work, &letter);
}

static bool audit(struct work *work, const struct asking *asking)
{
    const struct audit_entry entry = {
        .action = "forgot_password",
        .entity_type = "users",
        .entity_id = asking->user_id,
        .tenant_id = asking->tenant_id,
        .outcome = asking->user_id.length > 0 ? "success" : "denied",
        .metadata = arena_format(work->arena, "{\"account\":\"%.*s\"}", TEXT_ARG(asking->account)),
    };
    return audit_event(work, &entry);
}

bool password_reset_ask(struct work *work, struct text email)
{
    struct asking asking = { .email = arena_copy_lower(work->arena, email) };
    bool allowed;
    asking.account = throttle_account(work, asking.email);
    if (!is_allowed(work, &asking, &allowed))
        return false;
    return !allowed || (find(work, &asking) && write_letter(work, &asking) && audit(work, &asking));
}

static bool audit_offer(struct work *work, const struct user *user, bool shown)
{
    const struct audit_entry entry = {
        .action = "send_password_link",
        .entity_type = "users",
        .entity_id = user->id.text,
        .tenant_id = cell_text(user->tenant_id),
        .outcome = "success",
        .metadata = shown ? TEXT("{\"shown\":true}") : TEXT("{\"shown\":false}"),
    };
    return audit_event(work, &entry);
}

bool password_reset_offer(struct work *work, const struct user *user, bool shown, struct reset_link *link)
{
    const struct asking asking = {
        .email = user->email.text,
        .user_id = user->id.text,
        .tenant_id = cell_text(user->tenant_id),
        .name = cell_text(user->first_name),
        .language = user->language.text,
        .epoch = user->session_epoch.integer,
    };
    if (!value_is_true(user->is_active))
        return fail(&work->error, ERROR_wrong_state, "is_active");
    *link = (struct reset_link){ .expires_ms = work->now + life_ms(work) };
    return (shown ? add_link(work, &asking, true, &link->url) : write_letter(work, &asking))
        && audit_offer(work, user, shown);
}

struct choosing {
    struct text token;
    struct user changes;
};

/* Whoever has a link that was mailed reads the mailbox, which is so proven to be that person's. */
static bool set(struct work *work, void *data)
{
    const struct choosing *choosing = data;
    struct user changes = choosing->changes;
    struct opened_link link;
    const struct user *user = &link.user;
    if (!link_spend(work, LINK_CHOOSES_PASSWORD, choosing->token, &link))
        return false;
    work->actor.user_id = user->id.text;
    if (link.proves_mailbox && !value_is_true(user->email_verified))
        email_mark_verified(work, &changes);
    return user_set_password(work, user, &changes, false);
}

bool password_reset(struct work *work, const struct password_reset *reset)
{
    struct choosing choosing = { .token = reset->token };
    struct opened_link link;
    return link_find(work, LINK_CHOOSES_PASSWORD, reset->token, &link)
        && user_prepare_password(work, reset->password, &link.user, "/password", &choosing.changes)
        && db_transact(work, set, &choosing);
}
