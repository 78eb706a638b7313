/* Who may act, as bits, so that a set of roles is one number. */
#pragma once
#include "base/text.h"

enum role {
    SUPER_ADMIN = 1 << 0,
    SUPPORT = 1 << 1,
    BILLING_ADMIN = 1 << 2,
    TENANT_ADMIN = 1 << 3,
    VISITOR = 1 << 4, /* not signed in */
    MACHINE = 1 << 5, /* in a route: an API key that has the route's scope */
    NOBODY = 1 << 6,
    STAFF = SUPER_ADMIN | SUPPORT | BILLING_ADMIN,
    SIGNED_IN = STAFF | TENANT_ADMIN,
    ANYBODY = SIGNED_IN | VISITOR | MACHINE,
};

/* What who signed in must do before anything else, as bits; their rules: identity/duty.h. */
enum duty {
    DUTY_CHANGE_PASSWORD = 1 << 0, /* it was somebody else's choice */
    DUTY_ENROL_FACTOR = 1 << 1,    /* a second factor is required of that person, who has none */
    ANY_DUTY = 0xffff,
};

enum { ROLE_COUNT = 4 };                         /* the signed-in ones, bits 0 to 3 */
extern const struct text role_names[ROLE_COUNT]; /* as in users.system_role */

struct text role_name(enum role role);  /* "visitor", "machine" too */
enum role role_named(struct text name); /* NOBODY if there is none */
