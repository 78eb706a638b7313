/* The OpenAPI 3.1 document, derived from the model and the routes: complete, so that every reply can be
 * checked by it. */
#pragma once
#include "api/routes.h"

struct text openapi_document(const struct routes *routes, struct arena *arena);
