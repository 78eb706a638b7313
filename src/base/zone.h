/* What the clocks on the wall say elsewhere: the time zones of the IANA database. */
#pragma once
#include "base/text.h"

/* The local date and time there, as if it were UTC. A zone that is not known is UTC. */
int64_t zone_local_ms(struct text zone, int64_t time_ms);
