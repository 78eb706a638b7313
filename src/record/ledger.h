/* The ledger `schema_objects`: what the database was last brought to, each object with its definition. */
#pragma once
#include "record/ddl.h"

struct entry {
    struct text name, kind, table, definition; /* kind: one of object_kinds; table: whose object it is */
};

struct ledger {
    bool exists; /* no: nothing was ever made here */
    struct entry *entries;
    size_t count;
    /*
     * The models that it was brought to, each by the hash of its objects; the last is the newest. A program
     * that finds its own before the last is older than the database, and changes nothing.
     */
    struct text *models;
    size_t model_count;
};

extern const char ledger_create[];

[[nodiscard]] bool ledger_read(struct db *db, struct arena *arena, struct ledger *ledger,
                               struct error *error);
const struct entry *ledger_find(const struct ledger *ledger, struct text name); /* NULL: none */

struct text ledger_model(struct arena *arena, const struct objects *objects);
bool ledger_is_newest(const struct ledger *ledger, struct text model);
bool ledger_is_older(const struct ledger *ledger, struct text model);
void ledger_note_model(struct buffer *sql, const struct ledger *ledger, struct text model);

/* Statements that bring the ledger to what a step made; they run in the step's transaction. */
void ledger_note(struct buffer *sql, const struct object *object);
void ledger_note_unchecked(struct buffer *sql, const struct object *object); /* made NOT VALID */
void ledger_strike(struct buffer *sql, struct text name);
void ledger_strike_table(struct buffer *sql, struct text table);

/* Is the object as the ledger says, or all but for its validation? */
bool entry_says(const struct entry *entry, const struct object *object);
bool entry_says_unchecked(const struct entry *entry, const struct object *object);
