/* The difference between the ledger and the model, as it
 * becomes steps; shared by the two engines' planners. */
#pragma once
#include "record/ledger.h"
#include "record/migrate.h"

struct planner {
    struct db *db;
    struct arena *arena;
    struct error *error;
    struct objects objects; /* the model */
    struct ledger ledger;   /* the database */
    struct migration plan;
    size_t capacity;
    struct buffer refused;
};

/* The object of the kind behind `after` (NULL: the first), of one table (NULL: of any). NULL: no more. */
const struct object *planner_next(const struct planner *planner, const struct object *after,
                                  const struct table *table, enum object_kind kind);
/* The entry behind `after` that the model has no more, of a table that it still has (empty: of any such). */
const struct entry *planner_next_gone(const struct planner *planner, const struct entry *after,
                                      struct text table, enum object_kind kind);
/* The entry behind `after` of a table that the model has no more. */
const struct entry *planner_next_gone_table(const struct planner *planner, const struct entry *after);

/* NULL: the database has no such object yet. */
const struct entry *planner_before(const struct planner *planner, const struct object *object);
bool planner_has_table(const struct planner *planner, const struct table *table); /* the database, yet */
bool planner_is_same(const struct planner *planner, const struct object *object);

void planner_add(struct planner *planner, struct text what, struct text sql, struct text ledger);
/* No transaction around it, and no note: a later step completes it. */
void planner_add_outside(struct planner *planner, struct text what, struct text sql);
/* Folds `search` of every row anew; noted when all are done. */
void planner_add_fill(struct planner *planner, const struct object *search, struct text ledger);
struct buffer planner_buffer(const struct planner *planner);
struct text planner_note(const struct planner *planner, const struct object *object); /* for `ledger` */
struct text planner_strike(const struct planner *planner, struct text name);

/* CREATE TABLE with its indexes and triggers. */
void planner_add_table(struct planner *planner, const struct object *table);
/* "index1;\n trigger1;\n": what stands on a table and goes with it. */
void planner_print_attached(const struct planner *planner, struct buffer *sql, const struct table *table);
void planner_note_all(const struct planner *planner, struct buffer *ledger, const struct table *table);

/* Asks the database: SELECT EXISTS (…). */
[[gnu::format(printf, 3, 4)]] [[nodiscard]] bool planner_ask(struct planner *planner, bool *yes,
                                                             const char *format, ...);
[[nodiscard]] bool planner_is_filled(struct planner *planner, const struct table *table, bool *filled);

/* Adds to plan.refused what would lose data. */
[[nodiscard]] bool planner_refuse_loss(struct planner *planner);

void planner_drop_gone_tables(struct planner *planner, const char *how);

/* The companion column, where the table has one and the database has the table, but not with these words. */
const struct object *planner_stale_search(const struct planner *planner, const struct table *table);

[[nodiscard]] bool planner_plan_sqlite(struct planner *planner);
[[nodiscard]] bool planner_plan_postgres(struct planner *planner);
