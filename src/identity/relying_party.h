/* Who we are to authenticators: a domain, for which passkeys are made, and the origin of our pages. */
#pragma once
#include "record/work.h"

struct relying_party {
    struct text id, origin;
};

/* From public_url; where none is set, http://localhost and the port of `listen`: browsers take no address. */
struct relying_party relying_party_of(struct work *work);
