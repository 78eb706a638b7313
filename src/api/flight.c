#include "api/flight.h"
#include "base/clock.h"
#include "base/memory.h"
#include "sql/database.h"
#include <pthread.h>
#include <stdlib.h>

enum {
    SLOW_US = 100'000,        /* who comes when a flight is under way for so long does not wait for it */
    CONNECT_REST_US = 500'000 /* between two attempts to connect */
};

struct flight {
    struct task connecting; /* first: it is found by its task */
    struct gate *gate;
    struct db *db; /* NULL: none */
    struct call *waiting[READS_MAX], *flying[READS_MAX];
    size_t waiting_count, flying_count, landed_count;
    int64_t departed_us, connected_us; /* connected_us: when it was last tried */

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t connected;
    bool is_connecting;
    struct db *made; /* by a worker, for the loop to take */
};

struct flight *flight_create(struct gate *gate)
{
    struct flight *flight = memory_new(struct flight);
    flight->gate = gate;
    flight->connected_us = clock_monotonic_us() - CONNECT_REST_US;
    pthread_mutex_init(&flight->mutex, NULL);
    pthread_cond_init(&flight->connected, NULL);
    return flight;
}

void flight_destroy(struct flight *flight)
{
    if (!flight)
        return;
    pthread_mutex_lock(&flight->mutex);
    while (flight->is_connecting)
        pthread_cond_wait(&flight->connected, &flight->mutex);
    pthread_mutex_unlock(&flight->mutex);
    db_close(flight->made);
    db_close(flight->db);
    pthread_cond_destroy(&flight->connected);
    pthread_mutex_destroy(&flight->mutex);
    free(flight);
}

static void connect_there(struct task *task, void *)
{
    struct flight *flight = (struct flight *)task;
    struct error ignored = {};
    struct db *made = NULL;
    if (!database_connect(flight->gate->site->database, &made, &ignored))
        made = NULL;
    pthread_mutex_lock(&flight->mutex);
    flight->made = made;
    flight->is_connecting = false;
    pthread_cond_signal(&flight->connected);
    pthread_mutex_unlock(&flight->mutex);
}

static void land_in_loop(void *state)
{
    flight_land(((struct seat *)state)->flight);
}

static bool ask_for_connection(struct flight *flight)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us < flight->connected_us + CONNECT_REST_US)
        return false;
    flight->connected_us = now_us;
    flight->connecting.run = connect_there;
    return pool_submit(flight->gate->workers, &flight->connecting);
}

/* Is there a connection? If not, one is asked for, unless that is under way. */
static bool is_connected(struct flight *flight)
{
    if (flight->db)
        return true;
    pthread_mutex_lock(&flight->mutex);
    flight->db = flight->made;
    flight->made = NULL;
    if (!flight->db && !flight->is_connecting)
        flight->is_connecting = ask_for_connection(flight);
    pthread_mutex_unlock(&flight->mutex);
    if (!flight->db || server_watch(db_socket(flight->db), land_in_loop))
        return flight->db;
    db_close(flight->db);
    flight->db = NULL;
    return false;
}

static bool is_late(const struct flight *flight)
{
    return flight->flying_count > 0 && clock_monotonic_us() > flight->departed_us + SLOW_US;
}

/* Nobody waits for a flight that is late. */
static bool relieve_waiting(struct flight *flight)
{
    bool late = is_late(flight);
    while (late && flight->waiting_count > 0)
        call_run_on_worker(flight->waiting[--flight->waiting_count]);
    return late;
}

bool flight_take(struct flight *flight, struct call *call)
{
    if (relieve_waiting(flight) || flight->waiting_count == READS_MAX || !is_connected(flight))
        return false;
    bool asked = call->route->ask(call);
    if (asked && !column_set_is_empty(&call->expanded))
        call_run_on_worker(call);
    else if (asked)
        flight->waiting[flight->waiting_count++] = call;
    else
        call_answer(call, false);
    return true;
}

/* Those that are left are the workers'; a connection that was lost is replaced. */
static void end(struct flight *flight)
{
    for (size_t i = flight->landed_count; i < flight->flying_count; i++)
        call_run_on_worker(flight->flying[i]);
    flight->flying_count = flight->landed_count = 0;
    if (!flight->db || db_socket(flight->db) >= 0)
        return;
    db_close(flight->db);
    flight->db = NULL;
}

void flight_depart(struct flight *flight)
{
    if (relieve_waiting(flight) || flight->flying_count > 0 || flight->waiting_count == 0)
        return;
    struct db_read *reads[READS_MAX];
    for (size_t i = 0; i < flight->waiting_count; i++) {
        flight->flying[i] = flight->waiting[i];
        reads[i] = &flight->flying[i]->read;
    }
    flight->flying_count = flight->waiting_count;
    flight->waiting_count = 0;
    flight->departed_us = clock_monotonic_us();
    if (!flight->db || !db_flight_begin(flight->db, reads, flight->flying_count))
        end(flight);
}

/* Reads are answered in their order; behind one that is not good none will be. */
static void answer_landed(struct flight *flight)
{
    while (flight->landed_count < flight->flying_count && flight->flying[flight->landed_count]->read.good) {
        struct call *call = flight->flying[flight->landed_count++];
        call_answer(call, call->route->tell(call));
    }
}

/* A server that ends the session says so between flights, too. */
void flight_land(struct flight *flight)
{
    if (!flight->db)
        return;
    bool over = db_flight_land(flight->db);
    answer_landed(flight);
    if (over)
        end(flight);
}
