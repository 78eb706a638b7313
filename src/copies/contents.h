/* What a database held, as it stands in tenant_backups.tables and in a manifest. */
#pragma once
#include "hosting/table_sums.h"
#include "record/work.h"
#include "json/json.h"

void contents_write(struct buffer *json, const struct table_sums *sums); /* an array of table_contents */
[[nodiscard]] bool contents_read(struct work *work, struct text json, struct table_sums *sums);
