/*
 * How much a tenant has used: what the database knows, and what was consumed here and is not written yet.
 *
 * The monthly counts are of the month of the tenant's own calendar: the first who asks in a new one begins
 * it. What is being written may be told by the database already or not: news that comes meanwhile counts
 * without it, so that nothing is counted twice.
 */
#pragma once
#include "base/calendar.h"
#include "directory/limits.h"

struct tenant_use;

struct tenant_use *tenant_use_create(void);

/* A month is counted from the year 0; 0: none yet. In the database it is the date of its first day. */
int32_t month_of(struct date date);
int32_t month_of_text(struct text date); /* no date: none */
struct text month_print(int32_t month, char out[static DATE_TEXT_SIZE]);

/* When: an instant where the tenant is. */
struct use_moment {
    struct text zone;
    int64_t now;
};

void tenant_use_read(struct tenant_use *use, const struct use_moment *moment,
                     int64_t used[static LIMIT_COUNT]);

/* What was taken, and to which day and month it belongs. */
struct use_taken {
    enum tenant_limit limit;
    int64_t quantity;
    int64_t used; /* with it; or what it was, where it was refused */
    int64_t allowed;
    int32_t month;
    struct date date;
};

/* Takes the quantity of a monthly limit if that does not go beyond what is allowed. */
[[nodiscard]] bool tenant_use_take(struct tenant_use *use, const struct use_moment *moment,
                                   enum tenant_limit limit, int64_t quantity, int64_t allowed,
                                   struct use_taken *taken);
/* To which month and date it would belong, and what of this limit has not been written yet. */
int64_t tenant_use_unwritten(struct tenant_use *use, const struct use_moment *moment, enum tenant_limit limit,
                             struct use_taken *taken);

/* What the database told, of this month; the ticket was taken before it was asked (directory_ticket). */
void tenant_use_learn(struct tenant_use *use, uint64_t ticket, int32_t month,
                      const int64_t used[static LIMIT_COUNT]);

/* Brackets the writing of what was taken in the month: from its beginning until its outcome is known. */
void tenant_use_begin_write(struct tenant_use *use, int32_t month, const int64_t counts[static LIMIT_COUNT]);
void tenant_use_end_write(struct tenant_use *use, int32_t month, const int64_t counts[static LIMIT_COUNT],
                          bool written);
