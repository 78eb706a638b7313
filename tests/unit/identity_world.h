/* A world with what identity holds in memory, and people who can sign in. */
#pragma once
#include "identity/identity.h"
#include "world.h"

#define PASSWORD "largo-y-tendido-4471"

/* For the length of a test: revocations, known tokens and watchers; hashes as cheap as the settings allow. */
struct identity_world {
    struct world *world;
    const struct watcher *watchers[2];
};
void identity_begin(struct identity_world *identity, struct world *world);
void identity_end(struct identity_world *identity);

#define IDENTITY                                                                                             \
    [[gnu::cleanup(identity_end)]] struct identity_world identity;                                           \
    identity_begin(&identity, world)

/* Through the real service, with PASSWORD. */
bool identity_try_create(struct work *work, struct user *user);
void identity_add_user(struct world *world, const char *email, enum role role, struct text tenant_id,
                       struct user *user);

/* As a visitor from 192.0.2.1, at the work's time; `device` may be empty. */
bool identity_sign_in(struct work *work, const char *email, const char *password, struct text device,
                      struct grant *grant);
bool identity_refresh(struct work *work, struct text token,
                      struct grant *grant);                         /* false: refused or failed */
bool identity_reaches(struct work *work, struct text access_token); /* then work->actor is whose it is */
void identity_reload(struct work *work, struct user *user);
