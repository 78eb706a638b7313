#include "passkey_owner.h"
#include "identity/passkey.h"

void owner_begin(struct passkey_owner *owner, struct world *world, const char *email)
{
    owner->world = world;
    identity_add_user(world, email, SUPPORT, TEXT(""), &owner->user);
    CHECK(identity_sign_in(&world->work, email, PASSWORD, TEXT(""), &owner->grant));
    owner->browser = browser_create(world->work.arena, WEBAUTHN_ES256, email);
}

void owner_end(struct passkey_owner *owner)
{
    browser_destroy(&owner->browser);
}

struct text owner_is_offered(struct passkey_owner *owner)
{
    struct text options = {};
    CHECK(passkey_offer(&owner->world->work, &options));
    return options;
}

bool owner_try_register(struct passkey_owner *owner, struct text answer, struct user_passkey *passkey)
{
    const struct passkey_registration registration = { TEXT("Laptop"), answer };
    struct work *work = &owner->world->work;
    struct factor_change change = { .user = &owner->user };
    error_clear(&work->error);
    if (!passkey_register(work, &registration, &change, passkey))
        return false;
    owner->grant = change.grant;
    work->actor.session_id = owner->grant.session_id;
    return true;
}

struct user_passkey owner_register(struct passkey_owner *owner)
{
    struct user_passkey passkey = {};
    CHECK(owner_try_register(owner, browser_register(&owner->browser, owner_is_offered(owner)), &passkey));
    return passkey;
}
