#include "directory/tenant_use.h"
#include "base/memory.h"
#include "base/zone.h"
#include <pthread.h>

/* No zone changes its date or its offset within a quarter of an hour of UTC. */
enum { QUARTER_MS = 15 * MINUTE_MS, LOCKS = 64 };

struct tenant_use {
    uint64_t ticket; /* of the latest reading */
    int32_t month;
    int64_t known[LIMIT_COUNT], unwritten[LIMIT_COUNT]; /* unwritten: what is being written too */
    int64_t being_written[LIMIT_COUNT];
    int64_t quarter; /* in which `date` was found */
    struct date date;
};

/* Held for a few instructions, so that tenants can share them: one of its own would be a quarter of each. */
static pthread_mutex_t locks[LOCKS] = { [0 ... LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER };

static pthread_mutex_t *lock_of(const struct tenant_use *use)
{
    return &locks[(uintptr_t)use / sizeof *use % LOCKS];
}

struct tenant_use *tenant_use_create(void)
{
    struct tenant_use *use = memory_new(struct tenant_use);
    use->quarter = -1;
    return use;
}

int32_t month_of(struct date date)
{
    return date.year * 12 + date.month - 1;
}

int32_t month_of_text(struct text text)
{
    struct date date;
    return calendar_read_date(text, &date) ? month_of(date) : 0;
}

struct text month_print(int32_t month, char out[static DATE_TEXT_SIZE])
{
    return calendar_print_date((struct date){ month / 12, month % 12 + 1, 1 }, out);
}

static void begin_month(struct tenant_use *use, int32_t month)
{
    use->month = month;
    for (enum tenant_limit limit = LIMIT_monthly_emails; limit < LIMIT_COUNT; limit++)
        use->known[limit] = use->unwritten[limit] = use->being_written[limit] = 0;
}

/* Who moves west may find an earlier date: the month that has begun goes on. */
static void look_at_calendar(struct tenant_use *use, const struct use_moment *moment)
{
    int64_t quarter = moment->now / QUARTER_MS;
    if (quarter == use->quarter)
        return;
    use->quarter = quarter;
    use->date = calendar_date_of(zone_local_ms(moment->zone, moment->now));
    if (month_of(use->date) > use->month)
        begin_month(use, month_of(use->date));
}

void tenant_use_read(struct tenant_use *use, const struct use_moment *moment,
                     int64_t used[static LIMIT_COUNT])
{
    pthread_mutex_lock(lock_of(use));
    look_at_calendar(use, moment);
    for (enum tenant_limit limit = 0; limit < LIMIT_COUNT; limit++)
        used[limit] = use->known[limit] + use->unwritten[limit];
    pthread_mutex_unlock(lock_of(use));
}

bool tenant_use_take(struct tenant_use *use, const struct use_moment *moment, enum tenant_limit limit,
                     int64_t quantity, int64_t allowed, struct use_taken *taken)
{
    pthread_mutex_lock(lock_of(use));
    look_at_calendar(use, moment);
    int64_t used = use->known[limit] + use->unwritten[limit];
    bool fits = quantity <= allowed - used;
    if (fits)
        use->unwritten[limit] += quantity;
    *taken = (struct use_taken){ .limit = limit,
                                 .quantity = quantity,
                                 .used = fits ? used + quantity : used,
                                 .allowed = allowed,
                                 .month = use->month,
                                 .date = use->date };
    pthread_mutex_unlock(lock_of(use));
    return fits;
}

int64_t tenant_use_unwritten(struct tenant_use *use, const struct use_moment *moment, enum tenant_limit limit,
                             struct use_taken *taken)
{
    pthread_mutex_lock(lock_of(use));
    look_at_calendar(use, moment);
    int64_t unwritten = use->unwritten[limit];
    *taken = (struct use_taken){ .limit = limit, .month = use->month, .date = use->date };
    pthread_mutex_unlock(lock_of(use));
    return unwritten;
}

/* Within a month counts only rise. */
static void learn_monthly(struct tenant_use *use, int32_t month, const int64_t used[static LIMIT_COUNT])
{
    if (month > use->month)
        begin_month(use, month);
    if (month < use->month)
        return;
    for (enum tenant_limit limit = LIMIT_monthly_emails; limit < LIMIT_COUNT; limit++) {
        int64_t others = used[limit] - use->being_written[limit];
        if (others > use->known[limit])
            use->known[limit] = others;
    }
}

/* The other counts fall too: of two readings the later begun is believed. */
static void learn_lasting(struct tenant_use *use, uint64_t ticket, const int64_t used[static LIMIT_COUNT])
{
    if (ticket < use->ticket)
        return;
    use->ticket = ticket;
    for (enum tenant_limit limit = 0; limit < LIMIT_monthly_emails; limit++)
        use->known[limit] = used[limit];
}

void tenant_use_learn(struct tenant_use *use, uint64_t ticket, int32_t month,
                      const int64_t used[static LIMIT_COUNT])
{
    pthread_mutex_lock(lock_of(use));
    learn_lasting(use, ticket, used);
    learn_monthly(use, month, used);
    pthread_mutex_unlock(lock_of(use));
}

void tenant_use_begin_write(struct tenant_use *use, int32_t month, const int64_t counts[static LIMIT_COUNT])
{
    pthread_mutex_lock(lock_of(use));
    for (enum tenant_limit limit = 0; limit < LIMIT_COUNT && month == use->month; limit++)
        use->being_written[limit] += counts[limit];
    pthread_mutex_unlock(lock_of(use));
}

/* A tenant that was away from the directory meanwhile has nothing unwritten. */
static void move_to_known(struct tenant_use *use, enum tenant_limit limit, int64_t count)
{
    int64_t written = count < use->unwritten[limit] ? count : use->unwritten[limit];
    use->unwritten[limit] -= written;
    use->known[limit] += written;
}

void tenant_use_end_write(struct tenant_use *use, int32_t month, const int64_t counts[static LIMIT_COUNT],
                          bool written)
{
    pthread_mutex_lock(lock_of(use));
    for (enum tenant_limit limit = 0; limit < LIMIT_COUNT && month == use->month; limit++) {
        int64_t *being_written = &use->being_written[limit];
        *being_written -= counts[limit] < *being_written ? counts[limit] : *being_written;
        if (written)
            move_to_known(use, limit, counts[limit]);
    }
    pthread_mutex_unlock(lock_of(use));
}
