/* The parts of the OpenAPI document that operations refer to. */
#pragma once
#include "api/routes.h"
#include "base/buffer.h"

void openapi_add_list_parameters(struct buffer *json, const struct table *table, const char **before);
void openapi_add_components(struct buffer *json, const struct routes *routes);
