/* Hearing other nodes: what is announced, that the connection works, and that it is made again. */
#include "base/clock.h"
#include "scratch.h"
#include "sql/listener.h"
#include "test.h"
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_SECONDS = 60 };

struct ear {
    struct listener *listener;
    sem_t connected, told, heard;
    char payload[100];
};

static bool note_connected(void *context)
{
    sem_post(&((struct ear *)context)->connected);
    return true;
}

static bool note_told(void *context, struct text payload)
{
    struct ear *ear = context;
    if (!*ear->payload) /* the first is looked at by the test while others may come */
        snprintf(ear->payload, sizeof ear->payload, "%.*s", TEXT_ARG(payload));
    sem_post(&ear->told);
    return !text_is(payload, "too much");
}

static void note_heard(void *context)
{
    sem_post(&((struct ear *)context)->heard);
}

static bool came(sem_t *event)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SECONDS;
    return sem_timedwait(event, &until) == 0;
}

static void ear_begin(struct ear *ear, const char *url)
{
    *ear = (struct ear){};
    sem_init(&ear->connected, 0, 0);
    sem_init(&ear->told, 0, 0);
    sem_init(&ear->heard, 0, 0);
    struct listener_options options = {
        .url = url, .context = ear, .connected = note_connected, .told = note_told, .heard = note_heard
    };
    ear->listener = listener_create(&options);
}

static void ear_end(struct ear *ear)
{
    listener_destroy(ear->listener);
    sem_destroy(&ear->connected);
    sem_destroy(&ear->told);
    sem_destroy(&ear->heard);
}

static void announce(struct scratch *scratch, const char *payload, bool commits)
{
    struct error error = {};
    CHECK(db_begin(scratch->db, &error));
    CHECK(db_notify(scratch->db, scratch->arena, &error, text_from(payload)));
    if (commits)
        CHECK(db_commit(scratch->db, &error));
    else
        db_rollback(scratch->db);
}

/* A server that stands still for a second is given up: what was announced until the next connection is lost,
 * and announced again. */
static bool hears(struct ear *ear, struct scratch *scratch, const char *payload)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE_SECONDS * INT64_C(1'000'000);
    announce(scratch, payload, true);
    while (sem_trywait(&ear->told) != 0) {
        if (clock_monotonic_us() > until_us)
            return false;
        if (sem_trywait(&ear->connected) == 0)
            announce(scratch, payload, true);
        clock_sleep_ms(1);
    }
    return strcmp(ear->payload, payload) == 0;
}

TEST_ON_POSTGRES(what_is_committed_is_heard)
{
    struct ear ear;
    ear_begin(&ear, scratch->place);
    CHECK(came(&ear.connected));
    announce(scratch, "never said", false);
    CHECK(hears(&ear, scratch, "tenants 42"));
    ear_end(&ear);
}

TEST_ON_POSTGRES(a_working_connection_is_heard_all_the_time)
{
    struct ear ear;
    ear_begin(&ear, scratch->place);
    for (int i = 0; i < 4; i++)
        CHECK(came(&ear.heard));
    ear_end(&ear);
}

TEST_ON_POSTGRES(a_lost_connection_is_made_again)
{
    struct ear ear;
    ear_begin(&ear, scratch->place);
    CHECK(came(&ear.connected));
    scratch_number(scratch, "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                            "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    CHECK(came(&ear.connected));
    CHECK(hears(&ear, scratch, "again"));
    ear_end(&ear);
}

TEST_ON_POSTGRES(who_cannot_follow_begins_anew)
{
    struct ear ear;
    ear_begin(&ear, scratch->place);
    CHECK(came(&ear.connected));
    CHECK(hears(&ear, scratch, "too much") && came(&ear.connected));
    ear_end(&ear);
}

TEST(a_listener_without_a_server_ends_when_told)
{
    struct ear ear;
    ear_begin(&ear, "postgres://nobody@127.0.0.1:1/nothing");
    listener_destroy(ear.listener);
    ear.listener = NULL;
    CHECK(sem_trywait(&ear.connected) != 0 && sem_trywait(&ear.heard) != 0);
    ear_end(&ear);
}
