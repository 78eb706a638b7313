/* The app's own parts, shared by the files of this folder. */
#pragma once
#include "api/gate.h"
#include "app/app.h"
#include "events/feed.h"
#include "queue/periodic.h"
#include "queue/queue.h"
#include "record/site.h"
#include "sql/database.h"

struct app {
    struct site site;
    struct gate gate;
    struct arena *arena; /* lives as long as the app */
    const struct options *options;
    enum app_use use;
    int lock;            /* DATA/lock, or -1 */
    const char *program; /* this one's file, as it was when it was started: what a successor runs */
    int loops, listener_count;
    struct routes *routes;
    struct listening *listening; /* of PostgreSQL's NOTIFY */
    struct job_runner *runner;
    struct feed *feed; /* of events, where it serves */
    int64_t position;  /* of events, when memory was read at the start */
    struct writing_usage *writing_usage;
};

/* start.c: app_open, but `lock`, unless it is -1, is DATA/lock already held; it becomes the app's. */
[[nodiscard]] bool app_open_holding(struct app **app, const struct options *options, enum app_use use,
                                    int lock, struct buffer *announced, struct error *error);

/* folder.c: the data folder, its lock and the key ring. */
[[nodiscard]] bool folder_open(struct app *app, struct error *error);
void folder_close(struct app *app);
const char *folder_path(struct app *app, const char *name); /* in the app's arena */
[[nodiscard]] bool folder_open_keyring(struct app *app, bool first_start, struct error *error);

/* chores.c: one piece of the system's work on a connection of its own. */
[[nodiscard]] bool chore_run(struct app *app, bool (*piece)(struct work *work, void *data), void *data,
                             struct error *error);

/* keys.c: says in the log which keys are lost, and what with them. */
[[nodiscard]] bool keys_tell_lost(struct work *work);

/* seats.c: what each thread has of its own. */
void *seat_begin(void *app);      /* a worker's, or a SQLite loop's: with a connection */
void *seat_begin_bare(void *app); /* a PostgreSQL loop's: without */
void seat_end(void *seat);

/* listening.c: reads all that is held in memory: at the start, and when news may have been missed. *position:
 * of the last event whose change is surely among it. The tenants take longest: what does not need them is
 * read beside them. */
[[nodiscard]] bool app_load_memory(struct app *app, struct work *work,
                                   bool (*beside_tenants)(struct work *work, void *data), int64_t *position);
[[nodiscard]] bool app_load_beside_tenants(struct work *work, void *data);
/* Changes on other nodes, heard by LISTEN. NULL on SQLite, where there are none. */
void listening_begin(struct app *app);
void listening_end(struct app *app);

/* writing_usage.c: what tenants consume, written a moment later; what is left, at the end. */
void writing_usage_begin(struct app *app);
void writing_usage_end(struct app *app);

/* schema.c: where the database is. */
struct database_options app_database(struct app *app);

/* wiring.c: the tables of all parts. */
extern const struct route *const app_routes[];
extern const struct service *const app_services[];
extern const struct watcher *const app_watchers[];
extern const struct periodic *const app_periodics[];
enum stay app_may_stay(struct site *site, const struct actor *actor);
extern const struct job_program *const *const app_job_programs[]; /* lists ended by NULL */
