/* The thread that writes down what tenants have consumed, twice a second, and what is left when the program
 * ends. */
#include "app/parts.h"
#include "base/log.h"
#include "base/memory.h"
#include "usage/usage.h"
#include <pthread.h>
#include <stdlib.h>

struct writing_usage {
    pthread_t thread;
    struct app *app;
    struct db *db; /* NULL until it could be made */
    struct arena *arena;
};

static bool write_it(struct writing_usage *writing)
{
    struct error error = {};
    struct site *site = &writing->app->site;
    arena_reset(writing->arena);
    if (!writing->db && !database_connect(site->database, &writing->db, &error)) {
        writing->db = NULL;
        return false;
    }
    struct work work = work_of_system(site, writing->arena, writing->db, site->now(site));
    return usage_write(&work);
}

static void *run(void *data)
{
    struct writing_usage *writing = data;
    bool was_written = true;
    while (usage_wait(writing->app->site.usage)) {
        bool written = write_it(writing);
        if (was_written && !written)
            LOG(LOG_WARNING, "what tenants consume cannot be written; it is kept until it can");
        was_written = written;
    }
    if (!write_it(writing))
        LOG(LOG_ERROR, "what tenants consumed last could not be written");
    return NULL;
}

void writing_usage_begin(struct app *app)
{
    struct writing_usage *writing = memory_new(struct writing_usage);
    *writing = (struct writing_usage){ .app = app, .arena = arena_create() };
    app->writing_usage = writing;
    if (pthread_create(&writing->thread, NULL, run, writing) != 0)
        abort();
    pthread_setname_np(writing->thread, "usage");
}

void writing_usage_end(struct app *app)
{
    struct writing_usage *writing = app->writing_usage;
    if (!writing)
        return;
    usage_stop(app->site.usage);
    pthread_join(writing->thread, NULL);
    db_close(writing->db);
    arena_destroy(writing->arena);
    free(writing);
    app->writing_usage = NULL;
}
