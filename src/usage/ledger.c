#include "usage/ledger.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

enum { LINES_FIRST = 64 };

static uint64_t hash_of(struct text tenant_id, struct date date)
{
    return (text_hash(tenant_id) ^ (uint64_t)date.day) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

static bool is_of(const struct ledger_line *line, struct text tenant_id, const struct use_taken *taken)
{
    return line->month == taken->month && line->date.day == taken->date.day
        && line->date.month == taken->date.month && text_is(tenant_id, line->tenant_id);
}

static uint32_t *place_of(const struct ledger *ledger, struct text tenant_id, const struct use_taken *taken)
{
    size_t at = hash_of(tenant_id, taken->date) % ledger->place_count;
    while (ledger->places[at] && !is_of(&ledger->lines[ledger->places[at] - 1], tenant_id, taken))
        at = (at + 1) % ledger->place_count;
    return &ledger->places[at];
}

static void grow(struct ledger *ledger)
{
    ledger->capacity = ledger->capacity ? ledger->capacity * 2 : LINES_FIRST;
    ledger->lines = memory_require(reallocarray(ledger->lines, ledger->capacity, sizeof *ledger->lines));
    free(ledger->places);
    ledger->place_count = ledger->capacity * 2;
    ledger->places = memory_require(calloc(ledger->place_count, sizeof *ledger->places));
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_line *line = &ledger->lines[i];
        const struct use_taken taken = { .month = line->month, .date = line->date };
        *place_of(ledger, text_from(line->tenant_id), &taken) = (uint32_t)i + 1;
    }
}

void ledger_add(struct ledger *ledger, struct text tenant_id, const struct use_taken *taken)
{
    if (ledger->count == ledger->capacity)
        grow(ledger);
    uint32_t *place = place_of(ledger, tenant_id, taken);
    if (!*place) {
        struct ledger_line *line = &ledger->lines[ledger->count++];
        *line = (struct ledger_line){ .month = taken->month, .date = taken->date, .is_written = true };
        memcpy(line->tenant_id, tenant_id.data, UUID_LENGTH);
        *place = (uint32_t)ledger->count;
    }
    struct ledger_line *line = &ledger->lines[*place - 1];
    line->counts[taken->limit] += taken->quantity;
    line->is_written = line->is_written && taken->quantity == 0;
}

bool ledger_line_has_counts(const struct ledger_line *line)
{
    for (enum tenant_limit limit = 0; limit < LIMIT_COUNT; limit++)
        if (line->counts[limit] > 0)
            return true;
    return false;
}

static int compare(const void *a, const void *b)
{
    const struct ledger_line *first = a, *second = b;
    return strcmp(first->tenant_id, second->tenant_id);
}

void ledger_sort(struct ledger *ledger)
{
    if (ledger->count > 0)
        qsort(ledger->lines, ledger->count, sizeof *ledger->lines, compare);
}

void ledger_clear(struct ledger *ledger)
{
    ledger->count = 0;
    if (ledger->place_count > 0)
        memset(ledger->places, 0, ledger->place_count * sizeof *ledger->places);
}

void ledger_free(struct ledger *ledger)
{
    free(ledger->lines);
    free(ledger->places);
}
