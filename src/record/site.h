/* What the process holds for as long as it lives, made by app.c. The parts are known only to those who use
 * them. */
#pragma once
#include "record/work.h"
#include <stdatomic.h>

struct table;

/* Told after the commit, here and (through LISTEN) on every other node, that a CACHED row changed. */
struct watcher {
    const struct table *table;
    /* work->db may be read. False: it could not be, and what is held in memory may be out of date. */
    bool (*changed)(struct work *work, struct text id);
};

struct site {
    struct database *database;
    struct keyring *keyring;
    const struct options *options;     /* settings/options.h: command line, environment, file */
    struct settings *settings;         /* settings/settings.h: the rows of system_settings */
    struct directory *directory;       /* directory/directory.h */
    struct usage *usage;               /* usage/usage.h: what was consumed and is not written yet */
    struct hosting *hosting;           /* hosting/hosting.h: where the tenants' databases live */
    struct revocations *revocations;   /* identity/revocation.h */
    struct known_tokens *known_tokens; /* identity/access.h: verified tokens by their digest */
    struct published *published;       /* sso/published.h: what identity providers publish */
    struct subject_cache *subjects;    /* record/subject.h */
    struct pool *hashing; /* bcrypt's threads: few, and niced; NULL: whoever hashes does it himself */
    const struct watcher *const *watchers; /* lists ended by {NULL}; the whole ended by NULL */
    void (*wake_jobs)(struct site *site);  /* a job was queued; NULL where none run */
    struct job_runner *job_runner;
    atomic_bool ending; /* a step that takes long fails where it can go on later: it is not counted */
    void (*wake_feed)(struct site *site); /* there are new events; NULL where nobody listens */
    struct feed *feed;                    /* events/feed.h */
    int64_t (*now)(struct site *site);    /* the clock, real or rehearsed */
    _Atomic int64_t heard_us; /* monotonic: when LISTEN was last known to work; on SQLite always now */
};

/* An effect's body and the listener's: calls every watcher of the table, and leaves work->error as it was. */
[[nodiscard]] bool site_row_changed(struct work *work, const struct table *table, struct text id);
