/* Who watches one job: told its row as it is, as his role may see it, until the job has ended. */
#include "base/memory.h"
#include "events/feed_parts.h"
#include "model/model.h"
#include "record/document.h"
#include "record/site.h"
#include "record/store.h"
#include <stdio.h>
#include <string.h>

enum { JOBS_AT_ONCE = 50 /* that memory is waited for once for */ };

/* What is told lies outside of arenas, since two threads handle it, under the feed's lock. */
struct watcher_of_job {
    struct listener listener; /* first */
    bool is_marked;           /* there may be news */
    bool is_last;             /* nothing will follow the news */
    char *news;               /* not yet begun to be sent; NULL: none */
    char *told;               /* what is being sent, or was sent last */
    size_t sent;              /* of it */
};

static struct watcher_of_job *watcher_of(struct listener *listener)
{
    return listener->job_id.length > 0 ? (struct watcher_of_job *)listener : NULL;
}

void job_watch_mark(struct feed *feed, struct text job_id)
{
    pthread_mutex_lock(&feed->lock);
    for (struct listener *listener = feed->listeners; listener; listener = listener->next)
        if (watcher_of(listener) && text_equal(listener->job_id, job_id))
            watcher_of(listener)->is_marked = true;
    pthread_mutex_unlock(&feed->lock);
}

/* The id of a job with news for somebody, who are marked no more; false: there is none. */
static bool take_marked(struct feed *feed, struct arena *arena, struct text *job_id)
{
    *job_id = TEXT("");
    pthread_mutex_lock(&feed->lock);
    for (struct listener *listener = feed->listeners; listener; listener = listener->next) {
        struct watcher_of_job *watcher = watcher_of(listener);
        if (!watcher || !watcher->is_marked)
            continue;
        if (job_id->length == 0)
            *job_id = arena_copy(arena, listener->job_id);
        watcher->is_marked = !text_equal(listener->job_id, *job_id);
    }
    pthread_mutex_unlock(&feed->lock);
    return job_id->length > 0;
}

static bool has_ended(const struct job *job)
{
    return !is_choice(job->status, job_status, queued) && !is_choice(job->status, job_status, running);
}

static struct text describe(struct arena *arena, const struct job *job, enum role role)
{
    struct buffer text = { .arena = arena };
    struct column_set columns = columns_visible(&jobs_table, role);
    buffer_print(&text, "id: %lld\nevent: job\ndata: ", (long long)job->revision.integer);
    document_write(&text, &jobs_table, job->cells, &columns);
    buffer_add(&text, TEXT("\n\n"));
    if (has_ended(job))
        buffer_print(&text, "event: end\ndata: {\"status\":\"%.*s\"}\n\n", TEXT_ARG(job->status.text));
    return text.text;
}

/* Who knows it already is not told again. */
static void tell(struct watcher_of_job *watcher, const struct job *job, struct arena *arena)
{
    struct text text = describe(arena, job, watcher->listener.actor.role);
    const char *latest = watcher->news ? watcher->news : watcher->told;
    if (latest && text_is(text, latest))
        return;
    free(watcher->news);
    watcher->news = memory_require(strndup(text.data, text.length));
    watcher->is_last = has_ended(job);
}

static void tell_all(struct feed *feed, const struct job *job, struct arena *arena)
{
    pthread_mutex_lock(&feed->lock);
    for (struct listener *listener = feed->listeners; listener; listener = listener->next)
        if (watcher_of(listener) && text_equal(listener->job_id, job->id.text))
            tell(watcher_of(listener), job, arena);
    pthread_mutex_unlock(&feed->lock);
}

/* Jobs with news for somebody, as they are now. */
struct news {
    struct job jobs[JOBS_AT_ONCE];
    size_t count;
};

static bool read_marked(struct feed *feed, struct work *work, struct news *news)
{
    struct text job_id;
    news->count = 0;
    while (news->count < JOBS_AT_ONCE && take_marked(feed, work->arena, &job_id)) {
        if (store_find(work, &jobs_table, job_id, news->jobs[news->count].cells)) {
            news->count++;
        } else if (work->error.code != ERROR_not_found) {
            job_watch_mark(feed, job_id);
            return false;
        }
    }
    return true;
}

/* A job was read as it is, which may be ahead of what memory knows: it is told when that has followed, or
 * else read again in the next round. */
bool job_watch_read(struct feed *feed, struct work *work, bool *any)
{
    struct news *news = arena_new(work->arena, struct news);
    bool good, all = true;
    do {
        int64_t last;
        good = read_marked(feed, work, news) && (news->count == 0 || feed_settle(feed, work, &last, &all));
        for (size_t i = 0; i < news->count; i++) {
            const struct job *job = &news->jobs[i];
            if (good && all)
                tell_all(feed, job, work->arena);
            else
                job_watch_mark(feed, job->id.text);
        }
        *any |= good && all && news->count > 0;
    } while (good && all && news->count == JOBS_AT_ONCE);
    return good;
}

static bool all_is_sent(const struct watcher_of_job *watcher)
{
    return !watcher->told || !watcher->told[watcher->sent];
}

static size_t next_news(void *reader, bool quiet, char *room, size_t size, bool *over)
{
    struct watcher_of_job *watcher = reader;
    enum stay stay = listener_may_stay(&watcher->listener);
    size_t length = 0;
    pthread_mutex_lock(&watcher->listener.feed->lock);
    if (all_is_sent(watcher) && watcher->news) {
        free(watcher->told);
        watcher->told = watcher->news;
        watcher->news = NULL;
        watcher->sent = 0;
    }
    if (stay == STAY_GRANTED && watcher->told) {
        length = strnlen(watcher->told + watcher->sent, size);
        memcpy(room, watcher->told + watcher->sent, length);
        watcher->sent += length;
    }
    *over = stay == STAY_REFUSED || (watcher->is_last && !watcher->news && all_is_sent(watcher));
    pthread_mutex_unlock(&watcher->listener.feed->lock);
    if (length == 0 && quiet && !*over)
        length = (size_t)snprintf(room, size, ":\n");
    return length;
}

static void close_watcher(void *reader)
{
    struct watcher_of_job *watcher = reader;
    listener_leave(&watcher->listener);
    free(watcher->news);
    free(watcher->told);
}

/* The feed's thread tells the first state too: so nothing that happens meanwhile can fall between. */
bool feed_watch_job(struct work *work, struct text job_id, struct buffer *begin, const struct stream **stream)
{
    struct watcher_of_job *watcher = arena_new(work->arena, struct watcher_of_job);
    watcher->is_marked = true;
    watcher->listener.job_id = job_id;
    if (!listener_join(work, &watcher->listener,
                       &(struct stream){ .next = next_news, .close = close_watcher }))
        return false;
    feed_add_greeting(begin);
    *stream = &watcher->listener.stream;
    feed_wake(work->site);
    return true;
}
