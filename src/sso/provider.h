/* Identity providers: their rows, and what each says of itself (OpenID Connect Discovery). */
#pragma once
#include "model/model.h"
#include "record/service.h"

struct provider {
    struct identity_provider row;
    /* Of end_session and userinfo: empty where it has none. */
    struct text authorization_endpoint, token_endpoint, userinfo_endpoint, end_session_endpoint, key_set_url;
    bool names_itself;         /* in its answers (RFC 9207): one without its name is not its own */
    bool takes_secret_in_form; /* client_secret_post, and not client_secret_basic */
};

/* By name, where it is enabled: else `not_found`, as if it were not there. */
[[nodiscard]] bool provider_find(struct work *work, struct text name, struct provider *provider);
/* By a row's id, enabled or not. */
[[nodiscard]] bool provider_find_by_id(struct work *work, struct text id, struct provider *provider);

/* Waits for the network: never in a transaction. */
[[nodiscard]] bool provider_discover(struct work *work, struct provider *provider);
/* The keys that it signs with, as they were at most `age_ms` ago. */
[[nodiscard]] bool provider_key_set(struct work *work, const struct provider *provider, int64_t age_ms,
                                    struct text *key_set);

/* Empty: it is a public client's. */
[[nodiscard]] bool provider_secret(struct work *work, const struct provider *provider, struct text *secret);
/* In a transaction. */
[[nodiscard]] bool provider_set_secret(struct work *work, const struct identity_provider *before,
                                       struct text secret, struct identity_provider *after);

/* Where it sends people back to. */
struct text provider_return_url(struct work *work, struct text name);

extern const struct service sso_services[];
