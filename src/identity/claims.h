/* What an access token says (RFC 9068), and how that is written and read. */
#pragma once
#include "record/work.h"

struct claims {
    struct text user_id, session_id, tenant_id; /* tenant_id empty: staff */
    struct text impersonator_id; /* RFC 8693 "act": who acts in the user's name; empty: nobody */
    int64_t impersonator_epoch;
    struct text language; /* "es" or "en" */
    enum role role;
    unsigned duties;               /* enum duty: those that no rule decides, identity/duty.h */
    bool lacks_factor;             /* no second factor is set up */
    struct text amr;               /* a JSON array, of the session */
    int64_t epoch;                 /* of the user's sessions when it was signed */
    int64_t auth_time_ms;          /* when its owner was recognised */
    int64_t issued_ms, expires_ms; /* cut to whole seconds */
};

struct text claims_write(struct arena *arena, const struct claims *claims, struct text issuer);
/* False where anything is missing, of another kind, or for somebody else. */
[[nodiscard]] bool claims_read(struct arena *arena, struct text json, struct text issuer,
                               struct claims *claims);

/* Who we are in tokens and leases: the public URL where one is set, as links have it. */
struct text claims_issuer(const struct site *site);
