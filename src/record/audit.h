/*
 * The audit record of a change, in its transaction: who, what, old and new values, outcome, request, session,
 * address.
 *
 * Values of SECRET columns are never in it; of PERSONAL ones only sealed under the subject's key, as
 * {"sealed": "…", "subject": "…"}, so that destroying the key erases them.
 */
#pragma once
#include "record/service.h"

/* before NULL: created; after NULL: removed; both: updated (only what differs is kept). */
[[nodiscard]] bool audit_change(struct work *work, const struct table *table, const struct value *before,
                                const struct value *after);

struct audit_entry {
    const char *action;      /* "sign_in", "sign_in_failed", "suspend", "reveal_database_password" … */
    const char *entity_type; /* a table's name */
    struct text entity_id, tenant_id, user_id; /* user_id empty: the actor's */
    const char *outcome;                       /* "success", "denied", "failure" */
    struct text metadata;                      /* a JSON object, or empty; no secrets, nothing personal */
};

/* What is no change of a row. What must outlive a refusal is written in a db_transact of its own. */
[[nodiscard]] bool audit_event(struct work *work, const struct audit_entry *entry);

/* Opens the sealed values of an audit record's JSON for a role that the matrix lets read them; erased ones
 * become null. */
struct text audit_open(struct work *work, struct text values, struct text entity_type, enum role reader);

/* The same for a whole row of audit_logs, its address and user agent too, before it is shown. */
void audit_open_row(struct work *work, struct value *cells, enum role reader);

extern const struct service audit_services[];
