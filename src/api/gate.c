#include "api/gate.h"
#include "api/answer.h"
#include "api/call.h"
#include "api/figures.h"
#include "api/flight.h"
#include "api/remembered.h"
#include "base/clock.h"
#include "base/random.h"
#include "record/transact.h"
#include "sql/database.h"
#include <string.h>

void call_answer(struct call *call, bool succeeded)
{
    if (!succeeded)
        answer_problem(call);
    else if (call->state->version > 0)
        remembered_keep(call->state->seat->gate->remembered, call);
    answer_common_headers(&call->exchange->response, call->work.origin.request_id);
    buffer_add(&call->exchange->response.headers, call->state->limits);
    if (call->idempotency_key.length > 0)
        idempotency_end(call, call->state->seat->gate->running_keys);
    exchange_finish(call->exchange);
}

/* A transaction may be run again: each run begins with the body as it was read, and with nothing answered. */
static void begin_run(struct call *call)
{
    size_t size = call->taken_count * sizeof *call->taken;
    call->response->headers.length = call->response->body.length = 0;
    if (size == 0)
        return;
    if (!call->state->given)
        call->state->given = memcpy(arena_alloc(call->work.arena, size), call->taken, size);
    else
        memcpy(call->taken, call->state->given, size);
}

/* A read in halves, where nobody travels with it. */
static bool handle(struct call *call)
{
    if (call->route->handle)
        return call->route->handle(call);
    if (!call->route->ask(call))
        return false;
    struct db_read *read = &call->read;
    read->good = db_run(call->work.db, read->arena, &read->result, &call->work.error, read->sql,
                        read->parameters, read->parameter_count);
    return call->route->tell(call);
}

/* A handler's work is one transaction: all of it is kept, or nothing. */
static bool run_in_transaction(struct work *work, void *data)
{
    (void)work;
    struct call *call = data;
    begin_run(call);
    if (call->idempotency_key.length == 0)
        return handle(call);
    return idempotency_replay(call, &call->state->replayed)
        && (call->state->replayed || (handle(call) && idempotency_keep(call)));
}

static void written(struct work *work, bool kept, void *data)
{
    (void)work;
    call_answer(data, kept);
}

static bool is_sqlite(const struct gate *gate)
{
    return database_engine(gate->site->database) == ENGINE_SQLITE;
}

static enum cost cost_of(const struct call *call)
{
    return call->route->writes && call->route->writes(call) ? COST_WRITE : call->route->cost;
}

/* Runs the call to its end in this thread; in SQLite's lane, if it writes. */
static void run(struct call *call, struct gate *gate)
{
    if (cost_of(call) != COST_WRITE)
        return call_answer(call, handle(call));
    if (!is_sqlite(gate))
        return call_answer(call, db_transact(&call->work, run_in_transaction, call));
    if (!db_transact_later(&call->work, run_in_transaction, written, call))
        call_answer(call, false);
}

static bool prepare(struct call *call)
{
    const struct service *service = call->service;
    return !service || !service->prepare || service->prepare(&call->work, call->taken);
}

static bool is_slow(const struct call *call)
{
    const struct service *service = call->service;
    return call->route->cost == COST_SLOW
        || (service && call->route->action == CREATE && service->prepare && service->needed(call->taken));
}

/* The pool for what would hold up the workers; NULL: it does not. */
static struct pool *pool_apart(const struct call *call, const struct gate *gate)
{
    if (call->route->cost == COST_REMOTE)
        return gate->remote;
    return is_slow(call) ? gate->slow : NULL;
}

/* Everything before the handler that touches no database (unless asking). */
static bool admit(struct call *call, bool asking)
{
    struct gate *gate = call->state->seat->gate;
    if (!call_identify(call, asking))
        return false;
    if (call->state->must_ask)
        return true;
    call->state->admitted = true;
    return call_admit(call) && call_count(call, gate->quotas) && call_read(call) && call_check_guard(call)
        && idempotency_begin(call, gate->running_keys);
}

static void run_apart(struct task *task, void *thread_state);
static void run_on_worker(struct task *task, void *thread_state);

static void queue(struct call *call, struct pool *pool, void (*run_there)(struct task *, void *))
{
    call->state->task.run = run_there;
    if (pool_submit(pool, &call->state->task))
        return;
    call->work.error.retry_after_seconds = 1;
    fail(&call->work.error, ERROR_overloaded, "");
    call_answer(call, false);
}

void call_run_on_worker(struct call *call)
{
    queue(call, call->state->seat->gate->workers, run_on_worker);
}

/* What is shown may need more of the database than the row. */
static bool may_fly(const struct call *call)
{
    return call->route->ask && !(call->service && call->service->show);
}

/* Sends an admitted call to where its cost belongs; `seat` is this thread's. */
static void place(struct call *call, struct seat *seat)
{
    struct gate *gate = seat->gate;
    enum cost cost = cost_of(call);
    if (remembered_find(gate->remembered, call)) {
        call->state->version = 0; /* as it is kept already */
        return call_answer(call, true);
    }
    struct pool *apart = pool_apart(call, gate);
    if (apart)
        queue(call, apart, run_apart);
    else if (cost == COST_MEMORY || (cost == COST_KEY && seat->db) || (cost == COST_WRITE && is_sqlite(gate)))
        run(call, gate);
    else if (!(seat->flight && may_fly(call) && flight_take(seat->flight, call)))
        call_run_on_worker(call);
}

/* Gives the call this thread's connection; one that could not be made when the thread began is made now. */
static bool sit(struct call *call, struct seat *seat)
{
    call->state->seat = seat;
    if (!seat->db && !database_connect(seat->gate->site->database, &seat->db, &call->work.error))
        return false;
    call->work.db = seat->db;
    return true;
}

static void run_on_worker(struct task *task, void *thread_state)
{
    struct call_state *state = (struct call_state *)task;
    struct call *call = state->call;
    if (!sit(call, thread_state))
        return call_answer(call, false);
    if (!state->admitted) {
        state->must_ask = false;
        if (!admit(call, true))
            return call_answer(call, false);
        struct pool *apart = pool_apart(call, state->seat->gate);
        if (apart)
            return queue(call, apart, run_apart);
    }
    run(call, state->seat->gate);
}

static void run_apart(struct task *task, void *thread_state)
{
    struct call *call = ((struct call_state *)task)->call;
    if (!sit(call, thread_state))
        return call_answer(call, false);
    if (call->route->cost == COST_WRITE && !prepare(call))
        return call_answer(call, false);
    run(call, call->state->seat->gate);
}

static struct call *call_create(struct exchange *exchange, struct seat *seat)
{
    struct arena *arena = exchange->arena;
    struct call *call = arena_new(arena, struct call);
    struct work *work = &call->work; /* large, and zeroed: what is known is filled in */
    work->arena = arena;
    work->db = seat->db;
    work->site = seat->gate->site;
    work->now = work->site->now(work->site);
    call->exchange = exchange;
    exchange->user = call;
    call->request = &exchange->request;
    call->response = &exchange->response;
    call->state = arena_new(arena, struct call_state);
    call->state->call = call;
    call->state->seat = seat;
    return call;
}

void gate_handle(struct exchange *exchange, void *thread_state)
{
    struct seat *seat = thread_state;
    struct gate *gate = seat->gate;
    struct call *call = call_create(exchange, seat);
    call_read_origin(call, gate);
    if (!routes_find(gate->routes, call, &call->state->allow))
        return call_answer(call, false);
    call->service = call->route->table ? routes_service(gate->routes, call->route->table) : NULL;
    if (!admit(call, false))
        return call_answer(call, false);
    if (call->state->must_ask)
        return queue(call, gate->workers, run_on_worker);
    place(call, seat);
}

void gate_refuse(struct response *response, int status, const char *why)
{
    answer_refusal(response, status, why, random_uuid(response->body.arena, clock_now_ms()));
}

void gate_finished(struct exchange *exchange, bool delivered, void *context)
{
    struct gate *gate = context;
    figures_count(gate->figures, exchange, exchange->user, delivered);
}
