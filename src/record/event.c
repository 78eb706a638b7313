#include "record/event.h"
#include "base/random.h"
#include "model/model.h"
#include "record/sql_text.h"

/* A row without a tenant is nobody's among the tenants, unless the table says that it is everybody's. */
static int64_t audience_of(const struct table *table, struct value tenant)
{
    unsigned roles = table->may[READ];
    bool every_tenants = !table->tenant || (table->is & NULL_IS_ALL);
    return value_is_set(tenant) || every_tenants ? roles : roles & ~(unsigned)TENANT_ADMIN;
}

bool event_add(struct work *work, const char *type, const struct table *table, const struct value *row)
{
    const struct column *revision = column_named(table, TEXT("revision"));
    struct value tenant = table->tenant ? row[table->tenant - 1] : value_null();
    struct event event = {
        .id = value_text(random_uuid(work->arena, work->now)),
        .type = value_string(type),
        .tenant_id = tenant,
        .entity_type = value_string(table->name),
        .entity_id = row[0],
        .entity_revision = revision ? row[column_index(table, revision)] : value_null(),
        .audience = value_integer(audience_of(table, tenant)),
        .created_at = value_time(work->now),
    };
    return sql_insert_later(work, &events_table, event.cells);
}
