/*
 * Reading and writing any table's rows, behind the tenant's wall: what the actor may not see does not exist.
 *
 * Every write leaves its audit record (unless UNAUDITED) and its event in the same transaction, raises
 * `revision`, and announces rows of CACHED tables. Writes only inside db_transact.
 */
#pragma once
#include "record/query.h"

struct page {
    struct value *rows; /* row after row, each table->width cells */
    size_t count;
    struct text next_cursor; /* empty: the last page */
    int64_t total;           /* if asked for */
};

static inline struct value *page_row(const struct page *page, const struct table *table, size_t i)
{
    return page->rows + i * table->width;
}

/* By id, or by the table's .known_by. `not_found` where it is missing or not the actor's to see. */
[[nodiscard]] bool store_find(struct work *work, const struct table *table, struct text key,
                              struct value *cells);
/* store_find in halves, so that several may travel together: what is to be asked, and what the answer was. */
[[nodiscard]] bool store_find_ask(struct work *work, const struct table *table, struct text key,
                                  struct db_read *read);
[[nodiscard]] bool store_find_told(struct work *work, const struct table *table, const struct db_read *read,
                                   struct value *cells);
/* The same; nobody else changes the row before this transaction ends. */
[[nodiscard]] bool store_find_locked(struct work *work, const struct table *table, struct text key,
                                     struct value *cells);
/* The first row where the column has the value; no wall: for services. Locks it inside a transaction if
 * `lock`. */
[[nodiscard]] bool store_find_by(struct work *work, const struct table *table, const char *column,
                                 struct value value, bool lock, struct value *cells);
[[nodiscard]] bool store_list(struct work *work, const struct query *query, struct page *page);

/*
 * Fills in id (unless given), created_at, updated_at, revision and defaults, checks references, inserts, and
 * leaves the whole row in cells. Unique and check faults become faults of their columns (`taken`,
 * `rule_broken`).
 */
[[nodiscard]] bool store_create(struct work *work, const struct table *table, struct value *cells);

/*
 * Writes the changes (absent: as it is) where the row still has before's revision, else `changed_meanwhile`;
 * leaves the new row in `after` (may be `before` itself). Nothing changed: nothing written, no revision
 * raised.
 */
[[nodiscard]] bool store_update(struct work *work, const struct table *table, const struct value *before,
                                const struct value *changes, struct value *after);
[[nodiscard]] bool store_remove(struct work *work, const struct table *table, const struct value *before);

/* May PATCH or DELETE touch this row, by the table's .changed_if? `wrong_state` if not. */
[[nodiscard]] bool store_may_change(struct work *work, const struct table *table, const struct value *row);

/* Tells the watchers here and on every other node, once this transaction
 * commits, that a CACHED row changed. The writes above do so themselves: for
 * services that move a COUNTED column with a statement of their own. */
[[nodiscard]] bool store_announce(struct work *work, const struct table *table, struct text id);
