/* What is wrong with an installation, looked for in one go: keys, schema, figures, orphans, clock, disk. Only
 * reads. */
#pragma once
#include "base/buffer.h"
#include "record/work.h"

/* Writes the findings, a line each or as JSON, and leaves how
 * many there are. Fails where it could not look. `owner`: a connection of the tables' owner. */
[[nodiscard]] bool doctor_look(struct work *work, struct db *owner, bool as_json, struct buffer *findings,
                               size_t *count);
