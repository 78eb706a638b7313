#include "identity_world.h"
#include "directory/directory.h"
#include "settings/settings.h"
#include <stdlib.h>

static bool lower_cost(struct work *work, void *data)
{
    (void)data;
    struct system_setting setting = { .key = value_string("bcrypt_cost"),
                                      .value = value_string("10"),
                                      .category = value_string("security") };
    return store_create(work, &system_settings_table, setting.cells);
}

void identity_begin(struct identity_world *identity, struct world *world)
{
    *identity = (struct identity_world){ .world = world, .watchers = { identity_watchers } };
    struct site *site = &world->site;
    site->watchers = identity->watchers;
    site->revocations = revocations_create();
    site->known_tokens = known_tokens_create();
    site->directory = directory_create();
    atomic_store(&site->heard_us, INT64_MAX / 2);
    if (!db_transact(&world->work, lower_cost, NULL) || !settings_load(&world->work)
        || !revocations_load(&world->work))
        abort();
}

void identity_end(struct identity_world *identity)
{
    struct site *site = &identity->world->site;
    site->watchers = NULL;
    revocations_destroy(site->revocations);
    known_tokens_destroy(site->known_tokens);
    directory_destroy(site->directory);
}

static bool create(struct work *work, void *data)
{
    struct user user = *(const struct user *)data; /* it may be run again */
    if (!user_create(work, user.cells))
        return false;
    *(struct user *)data = user;
    return true;
}

bool identity_try_create(struct work *work, struct user *user)
{
    error_clear(&work->error);
    return (!user_has_password(user->cells) || user_prepare(work, user->cells))
        && db_transact(work, create, user);
}

void identity_add_user(struct world *world, const char *email, enum role role, struct text tenant_id,
                       struct user *user)
{
    *user = (struct user){
        .email = value_string(email),
        .system_role = value_text(role_name(role)),
        .tenant_id = value_text_or_null(tenant_id),
        .password = value_string(PASSWORD),
    };
    world_act_as_system(world);
    if (!identity_try_create(&world->work, user))
        abort();
}

bool identity_sign_in(struct work *work, const char *email, const char *password, struct text device,
                      struct grant *grant)
{
    const struct credentials credentials = { text_from(email), text_from(password), device, {} };
    struct entry entry;
    work->actor = (struct actor){ .role = VISITOR };
    work->origin.address = TEXT("192.0.2.1");
    work->origin.user_agent = TEXT("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
    error_clear(&work->error);
    if (!sign_in(work, &credentials, &entry))
        return false;
    *grant = entry.grant;
    return true;
}

struct refreshing {
    struct text token;
    struct grant grant;
    bool refused;
};

static bool refresh(struct work *work, void *data)
{
    struct refreshing *refreshing = data;
    return session_refresh(work, refreshing->token, &refreshing->grant, &refreshing->refused);
}

bool identity_refresh(struct work *work, struct text token, struct grant *grant)
{
    struct refreshing refreshing = { .token = token };
    error_clear(&work->error);
    work->actor = (struct actor){ .role = VISITOR };
    bool done = db_transact(work, refresh, &refreshing) && !refreshing.refused;
    if (done)
        *grant = refreshing.grant;
    return done;
}

bool identity_reaches(struct work *work, struct text access_token)
{
    error_clear(&work->error);
    work->actor = (struct actor){ .role = VISITOR };
    enum access access = access_identify(work, access_token, false, false);
    if (access == ACCESS_ASK)
        access = access_identify(work, access_token, false, true);
    return access == ACCESS_GRANTED;
}

void identity_reload(struct work *work, struct user *user)
{
    error_clear(&work->error);
    if (!store_find_by(work, &users_table, "id", user->id, false, user->cells))
        abort();
}
