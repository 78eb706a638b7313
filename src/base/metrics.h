/* Counters of the whole process: relaxed atomics, read by /metrics. A new one is a line in metrics.def. */
#pragma once
#include <stdint.h>

enum metric {
#define METRIC(name, kind, words) METRIC_##name,
#include "base/metrics.def"
#undef METRIC
    METRIC_COUNT
};

struct metric_words {
    const char *name, *kind, *words;
};
extern const struct metric_words metric_words[METRIC_COUNT];

void metric_add(enum metric metric, int64_t amount);
int64_t metric_read(enum metric metric);
