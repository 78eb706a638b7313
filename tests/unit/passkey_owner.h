/* A person who is signed in, in front of a browser with a security key. */
#pragma once
#include "browser.h"
#include "identity/second_factor_change.h"
#include "identity_world.h"

struct passkey_owner {
    struct world *world;
    struct user user;
    struct grant grant; /* the session, which a new passkey renews */
    struct browser browser;
};

/* The credential's id is the e-mail. */
void owner_begin(struct passkey_owner *owner, struct world *world, const char *email);
void owner_end(struct passkey_owner *owner);

#define OWNER(email)                                                                                         \
    IDENTITY;                                                                                                \
    [[gnu::cleanup(owner_end)]] struct passkey_owner owner;                                                  \
    owner_begin(&owner, world, email)

struct text owner_is_offered(struct passkey_owner *owner);
bool owner_try_register(struct passkey_owner *owner, struct text answer, struct user_passkey *passkey);
/* With what the browser answers now. */
struct user_passkey owner_register(struct passkey_owner *owner);
