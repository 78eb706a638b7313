/* A browser in front of an authenticator: it answers the options that pages pass on, or lies about them. */
#pragma once
#include "authenticator.h"

struct browser {
    struct authenticator key;
    const char *origin;
    const char *type;             /* NULL: as it is asked */
    const char *more_client_data; /* members, with a comma before each */
    struct text user_handle;      /* that the key keeps; filled in when it registers */
};

struct browser browser_create(struct arena *arena, enum webauthn_algorithm algorithm,
                              const char *credential_id);
void browser_destroy(struct browser *browser); /* for [[gnu::cleanup]] */

/* PublicKeyCredential.toJSON(), for options of Web Authentication Level 3. */
struct text browser_register(struct browser *browser, struct text options);
struct text browser_sign(struct browser *browser, struct text options);
