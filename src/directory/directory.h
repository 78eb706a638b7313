/*
 * The directory: every tenant in memory, found by id or slug without a lock and without the database.
 *
 * It answers GET /resolve, GET /tls/ask and GET /tenants/{id}/entitlements, also while the database is away.
 * Entries are immutable; what a reader has found stays valid until it leaves.
 */
#pragma once
#include "directory/directory_offer.h"
#include "directory/reclaim.h"

struct directory;

struct directory *directory_create(void);
void directory_destroy(struct directory *directory);

/* Brackets the looking; [[gnu::cleanup(reclaimer_leave)]] ends it. */
struct reader *directory_enter(struct directory *directory);
/* Inside the brackets; with its offer as it is by now. NULL: no such tenant. */
const struct directory_entry *directory_find(struct directory *directory, enum entry_part key,
                                             struct text text);

/* The longest name that DNS has. */
enum { HOST_NAME_MAX_BYTES = 253 };

/* A host as it stands in a request (any case, a port, a dot at the end) as the directory knows it: in
 * `buffer`. Empty: it is no host name. */
struct text directory_host_name(struct text host, char buffer[static HOST_NAME_MAX_BYTES]);
/* Whose verified domain this name is. Inside the brackets. NULL: nobody's. */
const struct directory_entry *directory_find_host(struct directory *directory, struct text name);

/* For what is about to be read: of two readings the later begun is believed. */
uint64_t directory_ticket(struct directory *directory);

/* Makes or replaces the tenant's entry unless what is there is as new; the counters are taken either way. */
void directory_put(struct directory *directory, const struct tenant_facts *facts);
/* Takes the tenant out; `revision` is that of the row that says it is gone. */
void directory_remove(struct directory *directory, struct text id, int64_t revision);

/*
 * News of verified domains. It is read from the database and told between these brackets, by one thread at a
 * time, so that what is told last was read last.
 */
void directory_begin_hosts(struct directory *directory);
void directory_end_hosts(struct directory **directory); /* for [[gnu::cleanup]] */
void directory_put_host(struct directory *directory, struct text domain_id, struct text tenant_id,
                        struct text name);
void directory_remove_host(struct directory *directory, struct text domain_id);
/* Reading all: those that are not put between the two are not there any more. */
void directory_begin_all_hosts(struct directory *directory);
void directory_end_all_hosts(struct directory *directory);

struct directory_figures {
    size_t tenants, hosts, tombstones;
    size_t terms, offers; /* different ones */
    size_t waiting;       /* replaced, not yet freed */
};
struct directory_figures directory_figures(struct directory *directory);
