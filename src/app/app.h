/* The program: its parts made, wired together, and ended in order. Nobody below knows more than his own. */
#pragma once
#include "base/buffer.h"
#include "http/server.h"
#include "settings/options.h"

struct app;

enum app_use {
    APP_SERVES,   /* holds DATA/lock; jobs run, the sequencer too */
    APP_COMMANDS, /* a command's: the same, without listeners */
    APP_MIGRATES, /* key ring and connection alone */
    APP_LOOKS,    /* reads beside whoever serves: takes no lock, changes nothing */
};

/*
 * Opens the data folder (made 0700 at the first start, with key ring, database, plans, settings and super
 * admin), brings the schema to the model, loads what is held in memory, and starts the threads. `announced`
 * gets what is told once: the first super admin's e-mail and password.
 */
[[nodiscard]] bool app_open(struct app **app, const struct options *options, enum app_use use,
                            struct buffer *announced, struct error *error);
void app_close(struct app *app);

/*
 * Opens the app and serves until SIGTERM or SIGINT, then drains; SIGHUP starts a successor and hands over to
 * it. `announce` gets what app_open announces.
 */
[[nodiscard]] bool app_run(const struct options *options, void (*announce)(struct text announced),
                           struct error *error);
/* Before the first thread is made: app_run alone hears the three, and SIGPIPE comes as an error of the write.
 */
void app_prepare_signals(void);

/* A connection of the tables' owner. */
struct db;
[[nodiscard]] bool app_connect_owner(struct app *app, struct db **db, struct error *error);

/* Brings the database to the model over its owner's connection; where that is a role of its own, grants the
 * serving role its rights. */
[[nodiscard]] bool app_migrate(struct app *app, struct db *owner, size_t *steps, struct error *error);

/* `nidia seed --demo`: returns when the tenants' databases are there too. */
[[nodiscard]] bool app_seed_demo(struct app *app, int count, size_t *made, struct error *error);
/* `nidia doctor`: findings, a line each. */
[[nodiscard]] bool app_doctor(struct app *app, bool as_json, struct buffer *findings, size_t *count,
                              struct error *error);

/* `nidia key`. The ring's file, which a server that runs reads at its next start or SIGHUP. */
struct keyring_change;
[[nodiscard]] bool app_change_keyring(const struct options *options, struct keyring_change *change,
                                      struct error *error);
/* Fails where something still needs the key, and says what. */
[[nodiscard]] bool app_may_retire_key(struct app *app, const struct keyring_change *change,
                                      struct error *error);
/* {"data":[…]}: each key with its state and what needs it, and those that are lost. */
[[nodiscard]] bool app_list_keys(struct app *app, struct buffer *json, struct error *error);

/* One request in this process, as the socket's peer would make it: a super admin. The reply lies in the
 * arena. */
struct reply {
    int status;
    struct text body;
};
void app_call(struct app *app, struct arena *arena, enum method method, struct text target, struct text body,
              struct reply *reply);

/* The API's document, for which nothing needs to be open. */
struct text app_openapi(struct arena *arena);
