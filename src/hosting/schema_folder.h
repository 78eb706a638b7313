/*
 * The tenant schema as it was last read from its folder, shared by all threads.
 *
 * A reading that was given out stays as it is: who works by it goes on by it while others have a newer one.
 */
#pragma once
#include "hosting/tenant_schema.h"

struct schema_folder;

/* An empty path: the schema that the program carries. */
[[nodiscard]] bool schema_folder_open(struct schema_folder **folder, const char *path, enum engine engine,
                                      struct error *error);
void schema_folder_close(struct schema_folder *folder); /* NULL: nothing */
[[nodiscard]] bool schema_folder_reread(struct schema_folder *folder, struct error *error);
/* As it is now, for the caller alone. */
[[nodiscard]] bool schema_folder_look(const struct schema_folder *folder, struct tenant_schema *schema,
                                      struct arena *arena, struct error *error);
const struct tenant_schema *schema_folder_newest(const struct schema_folder *folder);
