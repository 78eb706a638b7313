/* Dates and times as text: RFC 3339 in UTC with milliseconds, and plain dates. Proleptic Gregorian, years 1
 * to 9999. */
#pragma once
#include "base/text.h"

enum {
    TIME_TEXT_SIZE = 25,
    DATE_TEXT_SIZE = 11,
    DAY_MS = 86'400'000,
    HOUR_MS = 3'600'000,
    MINUTE_MS = 60'000
};

struct date {
    int year, month, day;
};

/* "2026-01-31T08:15:00.000Z"; returns the text in `out`. */
struct text calendar_print_time(int64_t time_ms, char out[static TIME_TEXT_SIZE]);
struct text calendar_print_date(struct date date, char out[static DATE_TEXT_SIZE]);

/* RFC 3339 with any offset and up to nine decimals (cut to ms); no leap seconds. */
[[nodiscard]] bool calendar_read_time(struct text text, int64_t *time_ms);
[[nodiscard]] bool calendar_read_date(struct text text, struct date *date);

struct date calendar_date_of(int64_t time_ms); /* in UTC */
int64_t calendar_time_of(struct date date);    /* its midnight in UTC */
int calendar_days_in_month(int year, int month);

/* The same day `months` later, clamped to the end of its month (Jan 31 + 1 = Feb 28 or 29). */
int64_t calendar_add_months(int64_t time_ms, int months);
