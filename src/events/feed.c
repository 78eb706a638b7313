#include "base/clock.h"
#include "base/condition.h"
#include "base/log.h"
#include "base/memory.h"
#include "events/feed_parts.h"
#include "events/message.h"
#include "events/sequencer.h"
#include "model/model.h"
#include "record/site.h"
#include "sql/database.h"

enum {
    ROUND_MS = 100, /* at the latest */
    KNOWN_MS = 100, /* how long a round waits for memory at most */
    SETTLE_MS = 10, /* what is written within it is told together */
    CHECK_MS = 500, /* how long one who must leave stays at most */
    PAGE_EVENTS = 500,
};

static struct work work_of(struct feed *feed)
{
    struct site *site = feed->options.site;
    arena_reset(feed->arena);
    return work_of_system(site, feed->arena, feed->db, site->now(site));
}

/* Adds a row to the ring. What a node slept through until it was removed is missed by its listeners: they
 * come again. */
static void add(struct feed *feed, const struct value *row)
{
    struct buffer text = { .arena = feed->arena };
    struct message message;
    message_read(row, &text, &message);
    if (message.position != ring_next(feed->ring))
        ring_begin(feed->ring, message.position);
    ring_add(feed->ring, &message);
    if (text_is(cell_text(row[4]), jobs_table.name))
        job_watch_mark(feed, cell_text(row[5]));
}

/* Reads into the ring what was numbered since, here or elsewhere, up to `last`. */
static bool read_new(struct feed *feed, int64_t last, bool *any)
{
    while (ring_next(feed->ring) <= last) {
        struct work work = work_of(feed);
        struct text sql = arena_format(
            work.arena, "%s WHERE position BETWEEN $1 AND $2 ORDER BY position LIMIT $3", message_columns);
        struct result result;
        if (!db_run(feed->db, work.arena, &result, &work.error, sql.data,
                    PARAMETERS(value_integer(ring_next(feed->ring)), value_integer(last),
                               value_integer(PAGE_EVENTS))))
            return false;
        for (size_t i = 0; i < result.row_count; i++)
            add(feed, result_row(&result, i));
        if (result.row_count == 0)
            ring_begin(feed->ring, last + 1); /* all of it was removed meanwhile */
        *any = true;
    }
    return true;
}

static void wake_streams(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    if (feed->server)
        server_wake_streams(feed->server);
    pthread_mutex_unlock(&feed->lock);
}

void feed_know(struct feed *feed, int64_t position)
{
    pthread_mutex_lock(&feed->lock);
    if (position > feed->known)
        feed->known = position;
    pthread_cond_signal(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
}

static int64_t wait_until_known(struct feed *feed, int64_t position)
{
    int64_t until_us = clock_monotonic_us() + KNOWN_MS * INT64_C(1'000);
    pthread_mutex_lock(&feed->lock);
    while (!feed->stopping && feed->known < position
           && condition_wait_until(&feed->changed, &feed->lock, until_us))
        ;
    int64_t known = feed->known;
    pthread_mutex_unlock(&feed->lock);
    return known;
}

/* Nodes of earlier versions announce no position: what nobody has announced in time, this one does. */
bool feed_settle(struct feed *feed, struct work *work, int64_t *last, bool *all)
{
    *all = true;
    if (!sequencer_run(work, last))
        return false;
    if (db_engine(feed->db) == ENGINE_SQLITE) {
        database_settle(work->site->database);
        return true;
    }
    int64_t known = wait_until_known(feed, *last);
    *all = known >= *last;
    if (*all)
        return true;
    bool announced = sequencer_announce(work, *last);
    *last = known;
    return announced;
}

/* While the database is away there is nothing to tell; the next round goes on from the same position. */
static bool run_round(struct feed *feed, bool *any)
{
    int64_t last;
    bool all;
    struct work work = work_of(feed);
    if (!feed_settle(feed, &work, &last, &all) || !read_new(feed, last, any))
        return false;
    work = work_of(feed);
    return job_watch_read(feed, &work, any);
}

/* Until it is woken or the round's time has come. False: the feed ends. */
static bool wait_for_round(struct feed *feed)
{
    int64_t until_us = clock_monotonic_us() + ROUND_MS * INT64_C(1'000);
    pthread_mutex_lock(&feed->lock);
    while (!feed->stopping && !atomic_load(&feed->woken)
           && condition_wait_until(&feed->changed, &feed->lock, until_us))
        ;
    bool goes_on = !feed->stopping;
    pthread_mutex_unlock(&feed->lock);
    if (goes_on && atomic_load(&feed->woken))
        clock_sleep_ms(SETTLE_MS);
    atomic_store(&feed->woken, false);
    return goes_on;
}

static void *run(void *argument)
{
    struct feed *feed = argument;
    int64_t checked_us = 0;
    while (wait_for_round(feed)) {
        bool any = false, done = run_round(feed, &any);
        int64_t now_us = clock_monotonic_us();
        if (!any && now_us - checked_us < CHECK_MS * INT64_C(1'000))
            continue;
        if (!done)
            LOG(LOG_WARNING, "events could not be read", {});
        checked_us = now_us;
        wake_streams(feed);
    }
    return NULL;
}

void feed_wake(struct site *site)
{
    struct feed *feed = site->feed;
    if (atomic_exchange(&feed->woken, true))
        return;
    pthread_mutex_lock(&feed->lock);
    pthread_cond_signal(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
}

void feed_attach(struct feed *feed, struct server *server)
{
    pthread_mutex_lock(&feed->lock);
    feed->server = server;
    pthread_mutex_unlock(&feed->lock);
}

static struct feed *make_feed(const struct feed_options *options)
{
    struct feed *feed = memory_new(struct feed);
    feed->options = *options;
    feed->known = options->position;
    feed->ring = ring_create();
    feed->arena = arena_create();
    pthread_mutex_init(&feed->lock, NULL);
    condition_init(&feed->changed);
    return feed;
}

bool feed_create(struct feed **out, const struct feed_options *options, struct error *error)
{
    struct feed *feed = make_feed(options);
    if (!database_connect(options->site->database, &feed->db, error)) {
        feed_destroy(feed);
        return false;
    }
    ring_begin(feed->ring, options->position + 1);
    if (pthread_create(&feed->thread, NULL, run, feed) != 0)
        abort();
    pthread_setname_np(feed->thread, "feed");
    options->site->feed = feed;
    options->site->wake_feed = feed_wake;
    *out = feed;
    return true;
}

void feed_end(struct feed *feed)
{
    if (!feed)
        return;
    pthread_mutex_lock(&feed->lock);
    feed->stopping = true;
    pthread_cond_signal(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
    pthread_join(feed->thread, NULL);
    db_close(feed->db);
}

void feed_destroy(struct feed *feed)
{
    if (!feed)
        return;
    arena_destroy(feed->arena);
    ring_destroy(feed->ring);
    pthread_cond_destroy(&feed->changed);
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}
