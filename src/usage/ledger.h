/* What was consumed and is not written yet: a line for each tenant and day. One thread at a time. */
#pragma once
#include "base/random.h"
#include "directory/tenant_use.h"

struct ledger_line {
    char tenant_id[UUID_LENGTH + 1];
    int32_t month;
    struct date date;
    int64_t counts[LIMIT_COUNT];
    bool is_written; /* it is only to be told to others */
};

struct ledger {
    struct ledger_line *lines;
    size_t count, capacity;
    uint32_t *places; /* by hash: a line's number counted from 1; twice as many as lines at least */
    size_t place_count;
};

bool ledger_line_has_counts(const struct ledger_line *line);
void ledger_add(struct ledger *ledger, struct text tenant_id, const struct use_taken *taken);
void ledger_sort(struct ledger *ledger); /* by tenant; nothing can be added any more */
void ledger_clear(struct ledger *ledger);
void ledger_free(struct ledger *ledger);
