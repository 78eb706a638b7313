/* Memory that lives as long as the process, or as a part of it. A request's lies in an arena. */
#pragma once
#include <stdlib.h>

[[gnu::noreturn]] void memory_is_out(void); /* says so and ends the process */

/* The memory as it is given, unless it is NULL: running out of it ends the process. */
[[gnu::returns_nonnull]] void *memory_require(void *memory);

/* Zeroed, given back by free(). */
#define memory_new(type)          ((type *)memory_require(calloc(1, sizeof(type))))
#define memory_array(type, count) ((type *)memory_require(calloc((count), sizeof(type))))
