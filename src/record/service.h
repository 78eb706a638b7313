/*
 * What a service does in place of the generic create, update or remove of its table, or before its rows are
 * shown. It knows neither HTTP nor JSON. Each service's folder exports a list of these, ended by {}; app.c
 * hands them to the API.
 */
#pragma once
#include "model/table.h"
#include "record/work.h"

struct service {
    const struct table *table;
    /* Before the transaction, on a slow pool: what costs time (bcrypt). NULL, or not `needed`: skipped. */
    bool (*needed)(const struct value *cells);
    bool (*prepare)(struct work *work, struct value *cells);
    /* In the transaction. cells: checked; on success the whole row. */
    bool (*create)(struct work *work, struct value *cells);
    bool (*update)(struct work *work, const struct value *before, struct value *changes, struct value *after);
    bool (*remove)(struct work *work, const struct value *before);
    /* Before a row is shown to the actor: opens what is sealed for it. */
    void (*show)(struct work *work, struct value *row);
};
