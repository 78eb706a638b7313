/* An SQL text put together from the model, with its parameters in step. Shared by the store and what it
 * writes to. */
#pragma once
#include "base/buffer.h"
#include "model/table.h"
#include "record/work.h"

struct sql_text {
    struct buffer text;
    struct value parameters[SQL_PARAMETERS_MAX];
    size_t parameter_count;
    bool overflown; /* more parameters were wanted than an engine takes */
};

void sql_begin(struct sql_text *sql, struct arena *arena);
void sql_add(struct sql_text *sql, const char *piece);
void sql_bind(struct sql_text *sql, struct value value); /* writes "$n" */
/* A rule of the model, with $actor and $tenant bound to the actor's ids. */
void sql_add_rule(struct sql_text *sql, const struct actor *actor, const char *rule);
/* "a, b, c": the stored ones, for row_read. */
void sql_columns(struct sql_text *sql, const struct table *table);
/* "SELECT a, b, c FROM table": the stored columns by name. */
void sql_select(struct sql_text *sql, const struct table *table);
/* "INSERT INTO table (a, b, c) VALUES ($1, $2, $3": the caller adds columns of its own and closes. */
void sql_insert(struct sql_text *sql, const struct table *table, const struct value *cells,
                const char *more_columns);
/* The whole INSERT of a row that needs no answer: on PostgreSQL it travels with COMMIT. */
[[nodiscard]] bool sql_insert_later(struct work *work, const struct table *table, const struct value *cells);
[[nodiscard]] bool sql_run(struct work *work, struct sql_text *sql, struct result *result);

/* A row as sql_select returned it, as cells of the columns'
 * kinds; columns that are not stored stay absent. */
void row_read(const struct table *table, const struct value *row, struct value *cells);
/* Runs it for the first of the table's rows that it gives; *found: there is one. */
[[nodiscard]] bool sql_run_for_row(struct work *work, struct sql_text *sql, const struct table *table,
                                   struct value *cells, bool *found);

/* " AND …" for each condition under which the actor sees a row of the table at all. */
void wall_add(struct sql_text *sql, const struct actor *actor, const struct table *table);
/* Is the actor confined to rows of tenants? */
bool wall_confines(const struct actor *actor);
/* Are rows of this tenant on the actor's side? */
bool wall_admits(const struct actor *actor, struct text tenant_id);
