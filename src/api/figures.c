#include "api/figures.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "record/reach.h"
#include <stdatomic.h>
#include <stdlib.h>

/* Upper bounds of the latency buckets, in µs; the last is +Inf. */
static const int64_t bounds_us[] = { 100,    250,    500,     1000,    2500,      5000,     10'000,
                                     25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000 };

enum { BOUND_COUNT = sizeof bounds_us / sizeof bounds_us[0], CLASS_COUNT = 5 };

struct route_figures {
    _Atomic int64_t by_class[CLASS_COUNT]; /* 1xx … 5xx */
    _Atomic int64_t by_latency[BOUND_COUNT + 1], latency_sum_us;
};

struct figures {
    const struct routes *routes;
    struct route_figures routed[ROUTES_MAX + 1]; /* the last: no route */
};

struct figures *figures_create(const struct routes *routes)
{
    struct figures *figures = memory_new(struct figures);
    figures->routes = routes;
    return figures;
}

void figures_destroy(struct figures *figures)
{
    free(figures);
}

static void add(_Atomic int64_t *to, int64_t amount)
{
    atomic_fetch_add_explicit(to, amount, memory_order_relaxed);
}

static int64_t read(const _Atomic int64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

/* A stream lasts as long as its client likes, which is no latency of ours. */
static void count(struct route_figures *figures, const struct response *response, int64_t took_us)
{
    size_t bucket = 0;
    while (bucket < BOUND_COUNT && took_us > bounds_us[bucket])
        bucket++;
    if (response->status >= 100 && response->status < 600)
        add(&figures->by_class[response->status / 100 - 1], 1);
    if (response->stream)
        return;
    add(&figures->by_latency[bucket], 1);
    add(&figures->latency_sum_us, took_us);
}

/* Empty text stays out of the line. */
static struct value or_absent(struct text text)
{
    return text.length > 0 ? value_text(text) : (struct value){};
}

/* What was asked without its query, which may hold what a person typed. */
static void log_request(const struct exchange *exchange, const struct call *call, int64_t took_us,
                        bool delivered)
{
    const struct request *request = &exchange->request;
    const struct response *response = &exchange->response;
    enum log_level level = response->status >= 500 ? LOG_ERROR : LOG_INFO;
    if (!log_is_written(level))
        return;
    const struct actor *actor = call ? &call->work.actor : &(const struct actor){};
    const char *why = call && response->status >= 400 ? error_words[call->work.error.code].code : NULL;
    bool ours = call && error_kind(&call->work.error) == KIND_INTERNAL;
    const struct origin *origin = call ? &call->work.origin : &(const struct origin){};
    LOG(level, "request", { "method", value_string(method_names[request->method]) },
        { "path", or_absent(call && call->route ? request->path : TEXT("")) },
        { "route", or_absent(text_from(call && call->route ? call->route->id : NULL)) },
        { "status", value_integer(response->status) }, { "duration_us", value_integer(took_us) },
        { "bytes", value_integer((int64_t)response->body.length) },
        { "request_id", or_absent(origin->request_id) }, { "trace_id", or_absent(origin->trace_id) },
        { "address", or_absent(call ? origin->address : request->peer) },
        { "user_id", or_absent(actor->user_id) },
        { "impersonator_id", or_absent(actor_is_impersonated(actor) ? actor->sponsor_id : TEXT("")) },
        { "api_key_id", or_absent(actor->api_key_id) }, { "tenant_id", or_absent(actor->tenant_id) },
        { "code", or_absent(text_from(why)) },
        { "reason", or_absent(text_from(ours ? call->work.error.about : NULL)) },
        { "delivered", delivered ? (struct value){} : value_boolean(false) });
}

void figures_count(struct figures *figures, const struct exchange *exchange, const struct call *call,
                   bool delivered)
{
    int64_t took_us = clock_monotonic_us() - exchange->request.begun_us;
    size_t index = call && call->route ? call->route_index : ROUTES_MAX;
    count(&figures->routed[index], &exchange->response, took_us);
    log_request(exchange, call, took_us, delivered);
}

static void print_process(struct buffer *out)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct metric_words *words = &metric_words[i];
        buffer_print(out, "# HELP nidia_%s %s\n# TYPE nidia_%s %s\nnidia_%s %lld\n", words->name,
                     words->words, words->name, words->kind, words->name,
                     (long long)metric_read((enum metric)i));
    }
}

static const char *route_name(const struct figures *figures, size_t i)
{
    return i == ROUTES_MAX ? "none" : routes_at(figures->routes, i)->id;
}

static bool is_counted(const struct figures *figures, size_t i)
{
    return i == ROUTES_MAX || i < routes_count(figures->routes);
}

static void print_requests(const struct figures *figures, struct buffer *out)
{
    buffer_print(out, "# HELP nidia_http_requests_total Requests answered, by route and class of status.\n"
                      "# TYPE nidia_http_requests_total counter\n");
    for (size_t i = 0; i <= ROUTES_MAX; i++)
        for (int hundred = 0; is_counted(figures, i) && hundred < CLASS_COUNT; hundred++) {
            int64_t requests = read(&figures->routed[i].by_class[hundred]);
            if (requests > 0)
                buffer_print(out, "nidia_http_requests_total{route=\"%s\",status=\"%dxx\"} %lld\n",
                             route_name(figures, i), hundred + 1, (long long)requests);
        }
}

static void print_latency(const struct route_figures *routed, const char *route, struct buffer *out)
{
    int64_t sum = 0;
    for (size_t bucket = 0; bucket <= BOUND_COUNT; bucket++) {
        sum += read(&routed->by_latency[bucket]);
        buffer_print(out, "nidia_http_request_duration_seconds_bucket{route=\"%s\",le=\"", route);
        if (bucket < BOUND_COUNT)
            buffer_print(out, "%lld.%06lld", (long long)(bounds_us[bucket] / 1'000'000),
                         (long long)(bounds_us[bucket] % 1'000'000));
        buffer_print(out, "%s\"} %lld\n", bucket < BOUND_COUNT ? "" : "+Inf", (long long)sum);
    }
    int64_t total_us = read(&routed->latency_sum_us);
    buffer_print(out,
                 "nidia_http_request_duration_seconds_sum{route=\"%s\"} %lld.%06lld\n"
                 "nidia_http_request_duration_seconds_count{route=\"%s\"} %lld\n",
                 route, (long long)(total_us / 1'000'000), (long long)(total_us % 1'000'000), route,
                 (long long)sum);
}

void figures_print(const struct figures *figures, struct buffer *out)
{
    print_process(out);
    print_requests(figures, out);
    buffer_print(out, "# HELP nidia_http_request_duration_seconds From the first byte of a request to the "
                      "last of its answer.\n"
                      "# TYPE nidia_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i <= ROUTES_MAX; i++)
        if (is_counted(figures, i) && read(&figures->routed[i].latency_sum_us) > 0)
            print_latency(&figures->routed[i], route_name(figures, i), out);
}
