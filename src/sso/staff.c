#include "sso/staff.h"
#include "identity/lock.h"
#include "identity/session.h"
#include "identity/user.h"
#include "model/formats.h"
#include "record/store.h"

enum { NAME_LENGTH_MAX = 100, EMAIL_LENGTH_MAX = 254 };

static const struct refusal no_role = { "no_role", "your groups give no role" };
static const struct refusal unknown_person = { "unknown_person", "nobody here is linked to you" };
static const struct refusal email_taken = { "email_taken", "somebody else has your e-mail" };
static const struct refusal not_active = { "not_active", "your account is not active" };
static const struct refusal not_staff = { "not_staff", "you are not of the staff" };
static const struct refusal break_glass = { "break_glass", "your account never signs in there" };
static const struct refusal locked = { "locked", "your account is locked" };

/* ---- The role ---- */

static bool claim_holds(const struct json *claim, struct text value)
{
    if (claim->kind == JSON_TEXT)
        return text_equal(claim->text, value);
    for (size_t i = 0; claim->kind == JSON_ARRAY && i < claim->count; i++)
        if (claim->items[i].kind == JSON_TEXT && text_equal(claim->items[i].text, value))
            return true;
    return false;
}

enum role staff_role_of(struct work *work, const struct provider *provider, const struct said *said)
{
    struct json rules;
    struct error ignored = {};
    const struct json *claim = said_claim(said, provider->row.role_claim.text);
    if (!claim || !json_read(provider->row.role_rules.text, work->arena, &rules, &ignored))
        return NOBODY;
    for (size_t i = 0; i < rules.count; i++)
        if (claim_holds(claim, json_member_text(&rules.items[i], "value")))
            return role_named(json_member_text(&rules.items[i], "role"));
    return NOBODY;
}

/* ---- The person ---- */

static bool is_staff(const struct user *user)
{
    return role_named(user->system_role.text) & STAFF;
}

bool staff_link(struct work *work, struct value *cells)
{
    struct provider_identity *identity = (struct provider_identity *)cells;
    struct user user;
    if (!store_find(work, &users_table, identity->user_id.text, user.cells))
        return work->error.code == ERROR_not_found
            && fail_at(&work->error, "/user_id", ERROR_no_such_reference, "user");
    if (!is_staff(&user))
        return fail_at(&work->error, "/user_id", ERROR_rule_broken, "only staff signs in there");
    if (value_is_true(user.is_break_glass))
        return fail_at(&work->error, "/user_id", ERROR_rule_broken,
                       "who is is_break_glass never signs in there");
    return store_create(work, &provider_identities_table, cells);
}

/* The row's id; empty: there is none. */
static bool find_id(struct work *work, const char *sql, const struct value *parameters, size_t count,
                    struct text *id)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, parameters, count))
        return false;
    *id = result.row_count > 0 ? result_row(&result, 0)[0].text : (struct text){};
    return true;
}

static bool find_linked(struct work *work, const struct provider *provider, struct text subject,
                        struct text *user_id)
{
    static const char find[] =
        "UPDATE provider_identities SET last_used_at = $3 WHERE provider_id = $1 AND subject = $2 "
        "RETURNING user_id";
    return find_id(work, find, PARAMETERS(provider->row.id, value_text(subject), value_time(work->now)),
                   user_id);
}

/* In lower case, as e-mails are kept; empty where there is none that could be kept. */
static struct text email_of(struct work *work, const struct said *said)
{
    const struct json *claim = said_claim(said, TEXT("email"));
    bool is_email = claim && claim->kind == JSON_TEXT && claim->text.length <= EMAIL_LENGTH_MAX
                 && format_is_email(claim->text);
    return is_email ? arena_copy_lower(work->arena, claim->text) : (struct text){};
}

static bool is_verified(const struct said *said)
{
    const struct json *claim = said_claim(said, TEXT("email_verified"));
    return claim && claim->kind == JSON_BOOLEAN && claim->boolean;
}

/* Whoever is known by any provider already is not found by e-mail: a second one could take him over. */
static bool find_by_email(struct work *work, struct text email, struct text *user_id)
{
    static const char find[] =
        "SELECT id FROM users u WHERE email = $1 AND deleted_at IS NULL AND tenant_id IS NULL "
        "AND NOT is_break_glass "
        "AND NOT EXISTS (SELECT 1 FROM provider_identities i WHERE i.user_id = u.id)";
    return find_id(work, find, PARAMETERS(value_text(email)), user_id);
}

static struct value name_of(struct work *work, const struct said *said, struct text claim)
{
    const struct json *name = said_claim(said, claim);
    bool is_name = name && name->kind == JSON_TEXT && text_count_points(name->text) <= NAME_LENGTH_MAX;
    return is_name ? value_text_or_null(arena_copy(work->arena, name->text)) : value_null();
}

static bool create_person(struct work *work, const struct said *said, struct text email, enum role role,
                          struct text *user_id)
{
    struct user user = {
        .email = value_text(email),
        .first_name = name_of(work, said, TEXT("given_name")),
        .last_name = name_of(work, said, TEXT("family_name")),
        .system_role = value_text(role_name(role)),
        .email_verified = value_boolean(is_verified(said)),
        .must_change_password = value_boolean(false), /* there is none */
    };
    if (value_is_true(user.email_verified))
        user.email_verified_at = value_time(work->now);
    if (!store_create(work, &users_table, user.cells))
        return false;
    *user_id = user.id.text;
    return true;
}

static bool link_person(struct work *work, const struct provider *provider, struct text subject,
                        struct text user_id)
{
    struct provider_identity identity = {
        .user_id = value_text(user_id),
        .provider_id = provider->row.id,
        .subject = value_text(subject),
        .last_used_at = value_time(work->now),
    };
    return store_create(work, &provider_identities_table, identity.cells);
}

/* The e-mail's owner is somebody who signs in otherwise, or elsewhere. */
static bool is_taken(struct work *work, struct text email, bool *taken)
{
    struct text id;
    if (!find_id(work, "SELECT id FROM users WHERE email = $1 AND deleted_at IS NULL",
                 PARAMETERS(value_text(email)), &id))
        return false;
    *taken = id.length > 0;
    return true;
}

/* Nobody is linked to this subject yet: who it may become. */
static bool welcome(struct work *work, const struct provider *provider, const struct said *said,
                    enum role role, struct text *user_id, const struct refusal **refused)
{
    struct text subject = json_member_text(&said->claims, "sub"), email = email_of(work, said);
    bool may_link = value_is_true(provider->row.links_by_email) && email.length > 0 && is_verified(said);
    bool taken = false;
    if (may_link && !find_by_email(work, email, user_id))
        return false;
    if (user_id->length == 0 && email.length > 0 && !is_taken(work, email, &taken))
        return false;
    if (user_id->length == 0
        && (!value_is_true(provider->row.creates_people) || email.length == 0 || taken)) {
        *refused = taken ? &email_taken : &unknown_person;
        return true;
    }
    return (user_id->length > 0 || create_person(work, said, email, role, user_id))
        && link_person(work, provider, subject, *user_id);
}

/* The provider says who is what: a role that it takes away is gone with the next sign-in. */
static bool give_role(struct work *work, struct user *user, enum role role)
{
    struct user changes = { .system_role = value_text(role_name(role)) };
    if (role_named(user->system_role.text) == role)
        return true;
    return user_update(work, user->cells, changes.cells, user->cells)
        && store_find_by(work, &users_table, "id", user->id, true, user->cells);
}

static bool judge(struct work *work, const struct user *user, const struct refusal **refused)
{
    bool may;
    if (!person_may_enter(work, user, &may))
        return false;
    *refused = !may                                ? &not_active
             : !is_staff(user)                     ? &not_staff
             : value_is_true(user->is_break_glass) ? &break_glass
             : lock_bars(work, user, true)         ? &locked
                                                   : NULL;
    return true;
}

bool staff_find(struct work *work, const struct provider *provider, const struct said *said,
                struct user *user, const struct refusal **refused)
{
    struct text user_id = {};
    enum role role = staff_role_of(work, provider, said);
    *refused = role & STAFF ? NULL : &no_role;
    if (*refused)
        return true;
    if (!find_linked(work, provider, json_member_text(&said->claims, "sub"), &user_id))
        return false;
    if (user_id.length == 0 && !welcome(work, provider, said, role, &user_id, refused))
        return false;
    if (*refused)
        return true;
    if (!store_find_by(work, &users_table, "id", value_text(user_id), true, user->cells)
        || !judge(work, user, refused))
        return false;
    return *refused || give_role(work, user, role);
}
