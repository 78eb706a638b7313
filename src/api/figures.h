/* Requests and latencies by route, for /metrics; and one log line a request. */
#pragma once
#include "api/gate.h"

struct figures *figures_create(const struct routes *routes);
void figures_destroy(struct figures *figures);

/* Counts and logs a finished exchange; `call` is NULL where the request could not be read. */
void figures_count(struct figures *figures, const struct exchange *exchange, const struct call *call,
                   bool delivered);

/* Prometheus text format 0.0.4: the metrics of base/metrics.def and these. */
void figures_print(const struct figures *figures, struct buffer *out);
