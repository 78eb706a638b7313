/* What the files of the directory share. */
#pragma once
#include "directory/directory.h"
#include "directory/directory_offer.h"
#include "directory/shards.h"
#include <pthread.h>
#include <stdatomic.h>

/* News older than the latest thousand removals is not under way any more. */
enum { TOMBSTONES_MAX = 1024 };

struct directory {
    struct reclaimer *reclaimer;
    struct shards *tenants; /* struct directory_entry, by ENTRY_KEYS */
    struct shards *hosts;   /* of directory_hosts.c */
    struct shards *terms, *offers;
    _Atomic uint64_t tickets;
    _Atomic uint64_t catalog_ticket; /* 0: there is none yet */
    struct catalog catalog;
    struct arena *catalog_arena, *scratch;
    pthread_mutex_t writing;
    const struct directory_entry *tombstones[TOMBSTONES_MAX]; /* a ring: the oldest at `buried` */
    size_t buried, tenant_count, host_count;
    pthread_mutex_t hearing; /* held by whoever reads news of hosts and tells it */
    uint32_t telling;        /* counts the readings of all hosts */
};

void directory_hosts_create(struct directory *directory);
void directory_hosts_destroy(struct directory *directory);
