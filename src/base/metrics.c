#include "base/metrics.h"
#include <stdatomic.h>

const struct metric_words metric_words[METRIC_COUNT] = {
#define METRIC(name, kind, words) { #name, #kind, words },
#include "base/metrics.def"
#undef METRIC
};

static _Atomic int64_t values[METRIC_COUNT];

void metric_add(enum metric metric, int64_t amount)
{
    atomic_fetch_add_explicit(&values[metric], amount, memory_order_relaxed);
}

int64_t metric_read(enum metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}
