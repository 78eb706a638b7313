/* Tables and shapes as JSON Schema (2020-12, as OpenAPI 3.1 has it), by walking the columns. */
#pragma once
#include "base/buffer.h"
#include "model/table.h"

/* A column's value as it stands in a reply. */
void schema_add_column(struct buffer *json, const struct column *column);

/* A member of a text's schema, as JSON: of all characters U+0000 alone is refused. */
#define SCHEMA_ANY_TEXT "\"pattern\":\"^[^\\\\u0000]*$\""

enum schema_use { SCHEMA_READ, SCHEMA_CREATE, SCHEMA_UPDATE };

/*
 * An object schema, closed to other members. READ: what any role may see, all of it optional, since roles and
 * `fields` narrow it (of a shape: what is REQUIRED is required). CREATE and UPDATE: what any role may set.
 */
void schema_add_table(struct buffer *json, const struct table *table, enum schema_use use);
