#include "sso/published.h"
#include "base/memory.h"
#include "net/fetch.h"
#include "record/site.h"
#include "settings/options.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { HTTP_OK = 200 };

struct document {
    struct text url, text; /* malloc'ed; url empty: free */
    int64_t fetched_ms;
    uint64_t reading; /* of two that fetch the same, the one that began later is believed */
};

struct published {
    pthread_mutex_t mutex;
    uint64_t readings; /* that have begun */
    struct document documents[PUBLISHED_MAX];
};

struct published *published_create(void)
{
    struct published *published = memory_new(struct published);
    pthread_mutex_init(&published->mutex, NULL);
    return published;
}

static void forget(struct document *document)
{
    free((char *)document->url.data);
    free((char *)document->text.data);
    *document = (struct document){};
}

void published_destroy(struct published *published)
{
    if (!published)
        return;
    for (size_t i = 0; i < PUBLISHED_MAX; i++)
        forget(&published->documents[i]);
    pthread_mutex_destroy(&published->mutex);
    free(published);
}

/* *reading: for `keep`, if it is to be fetched. */
static bool recall(struct work *work, struct text url, int64_t age_ms, struct text *document,
                   uint64_t *reading)
{
    struct published *published = work->site->published;
    bool found = false;
    pthread_mutex_lock(&published->mutex);
    for (size_t i = 0; i < PUBLISHED_MAX && !found; i++) {
        const struct document *kept = &published->documents[i];
        found = kept->url.length > 0 && text_equal(kept->url, url) && work->now - kept->fetched_ms < age_ms;
        if (found)
            *document = arena_copy(work->arena, kept->text);
    }
    *reading = ++published->readings;
    pthread_mutex_unlock(&published->mutex);
    return found;
}

static struct text copy(struct text text)
{
    char *bytes = memory_array(char, text.length + 1);
    memcpy(bytes, text.data, text.length);
    return (struct text){ bytes, text.length };
}

/* Its own place, or the one that was fetched the longest time ago. */
static struct document *place_of(struct published *published, struct text url)
{
    struct document *place = published->documents;
    for (size_t i = 0; i < PUBLISHED_MAX; i++) {
        struct document *kept = &published->documents[i];
        if (text_equal(kept->url, url))
            return kept;
        if (kept->fetched_ms < place->fetched_ms)
            place = kept;
    }
    return place;
}

static void keep(struct work *work, struct text url, struct text document, uint64_t reading)
{
    struct published *published = work->site->published;
    pthread_mutex_lock(&published->mutex);
    struct document *place = place_of(published, url);
    if (!text_equal(place->url, url) || place->reading < reading) {
        forget(place);
        *place = (struct document){ copy(url), copy(document), work->now, reading };
    }
    pthread_mutex_unlock(&published->mutex);
}

bool published_read(struct work *work, struct text url, bool allows_private, int64_t age_ms,
                    struct text *document)
{
    uint64_t reading;
    if (recall(work, url, age_ms, document, &reading))
        return true;
    const struct fetch question = {
        .url = url,
        .trusted = option_string(work->site->options, OPTION_tls_trust),
        .allows_private = allows_private,
    };
    struct fetched answer;
    if (!fetch(work->arena, &question, &answer))
        return fail(&work->error, ERROR_sso_unavailable, "%s", answer.why);
    if (answer.status != HTTP_OK)
        return fail(&work->error, ERROR_sso_unavailable, "HTTP %d", answer.status);
    keep(work, url, answer.body, reading);
    *document = answer.body;
    return true;
}
