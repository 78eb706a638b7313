/* One request in this process, without a socket: for commands that run where nobody serves. */
#include "app/parts.h"
#include "base/clock.h"
#include <pthread.h>
#include <unistd.h>

struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
    struct exchange exchange; /* finish() is given this, and finds the rest around it */
};

static void finish(struct exchange *exchange)
{
    struct waiting *waiting = (struct waiting *)((char *)exchange - offsetof(struct waiting, exchange));
    pthread_mutex_lock(&waiting->mutex);
    waiting->done = true;
    pthread_cond_signal(&waiting->answered);
    pthread_mutex_unlock(&waiting->mutex);
}

void app_call(struct app *app, struct arena *arena, enum method method, struct text target, struct text body,
              struct reply *reply)
{
    struct text query = target, path = text_cut(&query, '?');
    const struct header headers[] = { { TEXT("Content-Type"), TEXT("application/json") },
                                      { TEXT("User-Agent"), TEXT("nidia") } };
    struct waiting waiting = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .answered = PTHREAD_COND_INITIALIZER,
        .exchange = {
            .request = { .method = method, .target = target, .path = path, .query = query, .body = body, .headers = headers,
                         .header_count = 2, .listener = LISTENER_SOCKET, .peer_uid = geteuid(), .begun_us = clock_monotonic_us() },
            .response = { .headers.arena = arena, .body.arena = arena },
            .arena = arena,
            .finish = finish,
        },
    };
    struct seat *seat = seat_begin(app);
    gate_handle(&waiting.exchange, seat);
    pthread_mutex_lock(&waiting.mutex);
    while (!waiting.done)
        pthread_cond_wait(&waiting.answered, &waiting.mutex);
    pthread_mutex_unlock(&waiting.mutex);
    seat_end(seat);
    const struct stream *stream = waiting.exchange.response.stream;
    if (stream)
        stream->close(stream->reader);
    *reply = (struct reply){ .status = waiting.exchange.response.status,
                             .body = waiting.exchange.response.body.text };
}
