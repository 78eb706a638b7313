/*
 * A domain as a tenant writes it, and as it is kept: A-labels in lower case, no dot at the end.
 *
 * Refused, each with a code: what is no domain at all, IP addresses in any spelling, public suffixes, names
 * for special use, our own, and names made to be taken for others.
 */
#pragma once
#include "record/work.h"

/* So that the name of the challenge fits into the DNS's 253. */
enum { DOMAIN_MAX = 236 };
#define DOMAIN_CHALLENGE "_nidia-challenge."

/* The name that is kept, in the work's arena. A fault stands at /domain. */
[[nodiscard]] bool domain_name_read(struct work *work, struct text written, struct text *name);
/* How that name is spelt, whatever it means; what is no domain at all is left as it is. */
struct text domain_name_spell(struct arena *arena, struct text written);
