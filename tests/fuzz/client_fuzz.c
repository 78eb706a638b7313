/*
 * What answers the HTTP client in place of our server: a thread at a Unix socket that says the input, in
 * pieces as the first byte says. Whether it is taken whole or as it comes, the same is read.
 */
#include "base/buffer.h"
#include "http/client.h"
#include "http/endpoint.h"
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECES_MAX = 16 };

static char address[64];
/* What is said; changed between calls alone, when the thread is done with the last. */
static struct text answer;
static size_t piece;
static sem_t done;

static void take_away(void)
{
    unlink(address + sizeof "unix:" - 1);
}

/* Says all, then listens until the client has left: closing earlier takes from it what it has not read. */
static void converse(int fd)
{
    char heard[4096];
    bool good = true;
    for (struct text rest = answer; rest.length > 0 && good; rest = text_slice(rest, piece, rest.length))
        good = send(fd, rest.data, piece < rest.length ? piece : rest.length, MSG_NOSIGNAL) > 0;
    shutdown(fd, SHUT_WR);
    while (good && recv(fd, heard, sizeof heard, 0) > 0)
        ;
    close(fd);
}

static void *serve(void *listener)
{
    for (;;) {
        int fd = accept(*(int *)listener, NULL, NULL);
        if (fd < 0)
            abort();
        converse(fd);
        sem_post(&done);
    }
}

static void begin_serving(void)
{
    static int listener;
    static pthread_t thread;
    struct endpoint endpoint;
    struct error error = {};
    snprintf(address, sizeof address, "unix:/tmp/nidia-client-fuzz-%d", (int)getpid());
    if (!endpoint_resolve(&endpoint, address, &error) || !endpoint_listen(&endpoint, false, &listener, &error)
        || fcntl(listener, F_SETFL, 0) != 0 || sem_init(&done, 0, 0) != 0
        || pthread_create(&thread, NULL, serve, &listener) != 0)
        abort();
    atexit(take_away);
}

static bool take(void *taken, struct text bytes)
{
    buffer_add(taken, bytes);
    return true;
}

static void check_answer(int status, bool whole, struct text body, struct text taken, struct text given)
{
    bool streamed = status == 200 || status == 206;
    assert(status >= 100 && status <= 999);
    assert(text_ends(answer, given) && text_ends(answer, taken));
    assert(streamed ? given.length == 0 : taken.length == 0);
    assert(!whole || text_equal(body, streamed ? taken : given));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin_serving);
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    const struct http_call call = { .address = address, .method = "GET", .target = "/" };
    struct buffer taken = { .arena = arena };
    const struct http_taker taker = { take, &taken };
    struct text body = {}, given = {};
    struct error error = {};
    int status = 0, received_status = 0;
    answer = (struct text){ (const char *)data + 1, size - 1 };
    piece = answer.length / (data[0] % PIECES_MAX + 1) + 1;

    bool whole = http_call(&call, arena, &status, &body, &error);
    sem_wait(&done);
    bool received = http_receive(&call, &taker, arena, &received_status, &given, &error);
    sem_wait(&done);
    assert(!whole || (received && status == received_status));
    if (received)
        check_answer(received_status, whole, body, taken.text, given);
    return 0;
}
