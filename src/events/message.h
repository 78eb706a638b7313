/*
 * Events as Server-Sent Events: what changed and at which revision, never content.
 *
 *   id: 42
 *   event: tenant.updated
 *   data: {"type":"tenant.updated","entity_type":"tenants","entity_id":"…","revision":7,"tenant_id":"…"}
 */
#pragma once
#include "base/buffer.h"
#include "events/ring.h"

enum {
    MESSAGE_MAX =
        1024 /* bytes, by the columns' bounds: several fit into what a stream is asked for at once */
};

/* "SELECT … FROM events" with what message_read wants. */
extern const char message_columns[];
/* The row as a message; its text is added to `out`. */
void message_read(const struct value *row, struct buffer *out, struct message *message);

/* By role and tenant. A machine gets what the admin of its tenant would; one without a tenant, what that of
 * any would. */
bool message_is_for(const struct message *message, const struct actor *actor);
