/* The parts of the OpenAPI document that operations refer to. */
#pragma once
#include "api/routes.h"
#include "base/buffer.h"

/* `suffix`: "" for the row itself, "_list", "_create", "_update". */
void openapi_add_schema_reference(struct buffer *json, const struct table *table, const char *suffix);
/* openapi_responses.c */
void openapi_add_responses(struct buffer *json, const struct route *route);
/* The parameter that names the table's references; nothing where it has none. */
void openapi_add_expand(struct buffer *json, const struct table *table, const char **before);
void openapi_add_list_parameters(struct buffer *json, const struct table *table, const char **before);
void openapi_add_components(struct buffer *json, const struct routes *routes);
