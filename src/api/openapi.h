/* The OpenAPI 3.1 document, derived from the model and the routes: complete, so that every reply can be
 * checked by it. */
#pragma once
#include "api/routes.h"

struct text openapi_document(const struct routes *routes, struct arena *arena);

/* The document as it is served: printed when somebody first asks for it, which few ever do, and kept. */
struct openapi;
struct openapi *openapi_create(const struct routes *routes);
void openapi_destroy(struct openapi *openapi);
struct text openapi_text(struct openapi *openapi); /* by any thread */
