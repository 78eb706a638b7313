/* What is wrong with an installation, looked for in one go: keys, schema, figures, orphans, clock, disk. Only
 * reads. */
#pragma once
#include "base/buffer.h"
#include "record/work.h"

/* Writes the findings, a line each or as JSON, and leaves how
 * many there are. Fails where it could not look. */
[[nodiscard]] bool doctor_look(struct work *work, bool as_json, struct buffer *findings, size_t *count);
