/* The trace that a request belongs to, as its caller tells: the header `traceparent` of W3C Trace Context. */
#pragma once
#include "base/text.h"

struct request;

/* The trace's id, 32 digits; empty where the header is missing, comes twice or is not as it must be. */
struct text traceparent_read(const struct request *request);
