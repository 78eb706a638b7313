/* What the reader is made of: read_text.c reads texts, reader.c all else. */
#pragma once
#include "json/json.h"

struct pending; /* reader.c's */

struct reader {
    const char *start, *at, *end;
    struct arena *arena;
    struct error *error;
    struct pending *pending; /* the values of what is still open: a stack */
    size_t pending_count, pending_capacity;
    size_t value_count;
    int depth;
};

bool reader_refuse(struct reader *reader, const char *place, const char *what);

/* From the opening quote to behind the closing one. */
[[nodiscard]] bool reader_read_text(struct reader *reader, struct text *text);
