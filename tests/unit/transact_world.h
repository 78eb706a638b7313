/* A process in small: a database with two tables, and one unit of work that counts and notes what happens. */
#pragma once
#include "record/site.h"
#include "record/transact.h"
#include "scratch.h"
#include "sql/database.h"
#include <semaphore.h>

struct world {
    struct scratch *scratch;
    struct site site;
    struct work work;
    int runs;
    char applied[16]; /* by effects, in order */
    int64_t rows_seen;
    sem_t finished;
};

void world_begin(struct world *world, struct scratch *scratch);
void world_end(struct world *world);
struct world *world_of(struct work *work);
int64_t world_count(struct world *world); /* rows of t */

bool work_run(struct work *work, const char *sql, const struct value *parameters, size_t parameter_count);
bool work_insert(struct work *work, int64_t number); /* into t, whose numbers are unique */

/* An effect: appends its letter, one of world_letters, to what was applied. */
extern char world_letters[];
void world_note(struct work *work, void *letter);
