#include "events/message.h"
#include "model/model.h"
#include "record/reach.h"
#include "record/sql_text.h"
#include "json/json.h"
#include <assert.h>
#include <stdio.h>

const char message_columns[] =
    "SELECT position, audience, tenant_id, type, entity_type, entity_id, entity_revision FROM events";

static void add_data(struct buffer *out, const struct value *row)
{
    struct value tenant = row[2], revision = row[6];
    buffer_add_byte(out, '{');
    json_add_named_text(out, "type", cell_text(row[3]));
    json_add_named_text(out, "entity_type", cell_text(row[4]));
    json_add_named_text(out, "entity_id", cell_text(row[5]));
    json_add_name(out, TEXT("revision"));
    if (value_is_set(revision))
        buffer_add_integer(out, cell_integer(revision));
    else
        buffer_add(out, TEXT("null"));
    json_add_name(out, TEXT("tenant_id"));
    if (value_is_set(tenant))
        json_add_text(out, tenant.text);
    else
        buffer_add(out, TEXT("null"));
    buffer_add_byte(out, '}');
}

void message_read(const struct value *row, struct buffer *out, struct message *message)
{
    struct text tenant = cell_text(row[2]), type = cell_text(row[3]);
    size_t from = out->length;
    *message = (struct message){ .position = cell_integer(row[0]),
                                 .audience = (unsigned)cell_integer(row[1]),
                                 .table = table_named(cell_text(row[4])) };
    snprintf(message->tenant_id, sizeof message->tenant_id, "%.*s", TEXT_ARG(tenant));
    buffer_print(out, "id: %lld\nevent: %.*s\ndata: ", (long long)message->position, TEXT_ARG(type));
    add_data(out, row);
    buffer_add(out, TEXT("\n\n"));
    message->text = text_slice(out->text, from, out->length);
    assert(message->text.length <= MESSAGE_MAX);
}

bool message_is_for(const struct message *message, const struct actor *actor)
{
    unsigned role = actor_is_machine(actor) ? TENANT_ADMIN : actor->role;
    bool is_foreign = message->tenant_id[0] && !wall_admits(actor, text_from(message->tenant_id));
    bool is_out_of_reach =
        actor_is_impersonated(actor) && message->table && !actor_reaches(actor, message->table, false);
    return (message->audience & role) && !is_foreign && !is_out_of_reach;
}
