/* What the files of replication share: replication_follow.c has them. */
#pragma once
#include "hosting/replication.h"

/* To the place's database, as the administrator, who finds nothing there but what is PostgreSQL's own. */
[[nodiscard]] bool replication_connect(struct hosting_call *call, const struct tenant_place *place,
                                       struct db **db);
/* Of the publication, the slot, the subscription and their roles. */
struct text replication_name(struct hosting_call *call, const struct replication *replication);
/* What the database at the other end is made of, as a checksum. */
[[nodiscard]] bool replication_sum_schema(struct hosting_call *call, struct db *db, struct text *checksum);
/* Kept with the publication, and compared with what is there by now. */
[[nodiscard]] bool replication_note_schema(struct hosting_call *call, const struct replication *replication,
                                           struct text checksum);
[[nodiscard]] bool replication_compare_schema(struct hosting_call *call,
                                              const struct replication *replication, struct db *from);
/* The first cell; empty where there is none. */
[[nodiscard]] bool replication_ask(struct hosting_call *call, struct db *db, const char *sql,
                                   struct text *answer);
