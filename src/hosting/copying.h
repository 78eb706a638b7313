/*
 * Whole databases taken out into a file and put in from one, with what they must hold: what backups, exports,
 * clones and moves are made of.
 */
#pragma once
#include "hosting/copy_watch.h"
#include "hosting/hosting.h"
#include "hosting/table_sums.h"

enum dump_form {
    DUMP_TO_LOAD, /* for hosting_load */
    DUMP_TO_GIVE, /* for the customer: on PostgreSQL plain SQL */
    DUMP_FORM_COUNT
};

/* "database.dump": by the engine and the form. */
const char *hosting_dump_name(const struct hosting *hosting, enum dump_form form);

/* The database as it is at one moment, and what it holds at that moment. Writes the file and syncs it; the
 * tenant goes on meanwhile. */
[[nodiscard]] bool hosting_dump(struct hosting_call *call, const struct tenant_place *place,
                                enum dump_form form, const char *path, const struct copy_watch *watch,
                                struct table_sums *sums);
/*
 * Makes the place's role, and its database out of such a file. What stands there under the name is dropped
 * first: an unfinished load. So the place must be nobody's yet.
 */
[[nodiscard]] bool hosting_load(struct hosting_call *call, const struct tenant_place *place, const char *path,
                                const struct copy_watch *watch);
/* How many bytes it has: on PostgreSQL, where a copy may have to be waited for. */
[[nodiscard]] bool hosting_weigh(struct hosting_call *call, const struct tenant_place *place, int64_t *bytes);
/* What it holds now. */
[[nodiscard]] bool hosting_sum(struct hosting_call *call, const struct tenant_place *place,
                               const struct summing *summing, struct table_sums *sums);
