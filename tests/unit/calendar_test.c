/* Dates and times. */
#include "base/calendar.h"
#include "test.h"

static struct date date_of(const char *text)
{
    struct date date = {};
    if (!calendar_read_date(text_from(text), &date))
        test_failed(__FILE__, __LINE__, text);
    return date;
}

static int64_t time_of(const char *text)
{
    int64_t time = 0;
    if (!calendar_read_time(text_from(text), &time))
        test_failed(__FILE__, __LINE__, text);
    return time;
}

TEST(what_is_printed_reads_back)
{
    int64_t first = time_of("0001-01-01T00:00:00.000Z"), last = time_of("9999-12-31T23:59:59.999Z");
    for (int i = 0; i < 20'000; i++) {
        int64_t time = first + (int64_t)test_random_below((uint64_t)(last - first + 1)), again = 0;
        if (i < 2)
            time = i == 0 ? first : last;
        char text[TIME_TEXT_SIZE];
        struct text printed = calendar_print_time(time, text);
        test_note("%s", text);
        CHECK(printed.length == TIME_TEXT_SIZE - 1);
        CHECK(calendar_read_time(printed, &again) && again == time);
    }
}

TEST(each_day_follows_the_one_before_through_leap_years)
{
    struct date date = { 1895, 12, 31 };
    int64_t time = calendar_time_of(date);
    for (; date.year < 2105; time += DAY_MS) {
        struct date got = calendar_date_of(time + DAY_MS - 1);
        char text[DATE_TEXT_SIZE];
        test_note("%s", calendar_print_date(date, text).data);
        CHECK(got.year == date.year && got.month == date.month && got.day == date.day);
        CHECK(calendar_time_of(date) == time);
        if (++date.day > calendar_days_in_month(date.year, date.month)) {
            date.day = 1;
            date.month = date.month % 12 + 1;
            date.year += date.month == 1;
        }
    }
}

TEST(leap_years_are_gregorian)
{
    CHECK(calendar_days_in_month(2024, 2) == 29 && calendar_days_in_month(2023, 2) == 28);
    CHECK(calendar_days_in_month(1900, 2) == 28 && calendar_days_in_month(2000, 2) == 29);
    CHECK(calendar_days_in_month(2026, 4) == 30 && calendar_days_in_month(2026, 12) == 31);
}

TEST(times_are_read_with_any_offset_and_cut_to_milliseconds)
{
    static const struct {
        const char *text;
        int64_t time;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01t00:00:00z", 0 },
        { "1969-12-31T23:59:59.999Z", -1 },
        { "2026-01-31T08:15:00.000Z", 1'769'847'300'000 },
        { "2026-01-31T08:15:00.1Z", 1'769'847'300'100 },
        { "2026-01-31T08:15:00.123999999Z", 1'769'847'300'123 },
        { "2026-01-31T03:15:00-05:00", 1'769'847'300'000 },
        { "2026-01-31T14:00:00+05:45", 1'769'847'300'000 },
        { "2024-02-29T23:59:59Z", 1'709'251'199'000 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_note("%s", cases[i].text);
        CHECK(time_of(cases[i].text) == cases[i].time);
    }
}

TEST(what_is_no_time_is_refused)
{
    static const char *const refused[] = {
        "",
        "2026-01-31",
        "2026-01-31T08:15Z",
        "2026-01-31T08:15:00",
        "2026-01-31 08:15:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T08:60:00Z",
        "2026-06-30T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-13-10T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-31T08:15:00.Z",
        "2026-01-31T08:15:00.1234567890Z",
        "2026-01-31T08:15:00+24:00",
        "2026-01-31T08:15:00+0500",
        "2026-01-31T08:15:00Zx",
        "+2026-01-31T08:15:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    };
    int64_t time = 7;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test_note("%s", refused[i]);
        CHECK(!calendar_read_time(text_from(refused[i]), &time) && time == 7);
    }
    static const char *const no_dates[] = { "",           "2026-1-1",    "2026-02-30",
                                            "2100-02-29", "2026-01-01x", "2026/01/01" };
    struct date date;
    for (size_t i = 0; i < sizeof no_dates / sizeof *no_dates; i++) {
        test_note("%s", no_dates[i]);
        CHECK(!calendar_read_date(text_from(no_dates[i]), &date));
    }
}

TEST(months_are_added_up_to_the_end_of_the_shorter)
{
    static const struct {
        const char *from;
        int months;
        const char *to;
    } cases[] = {
        { "2026-01-31", 1, "2026-02-28" },  { "2024-01-31", 1, "2024-02-29" },
        { "2026-01-15", 12, "2027-01-15" }, { "2026-12-31", 2, "2027-02-28" },
        { "2026-03-31", -1, "2026-02-28" }, { "2026-01-01", -1, "2025-12-01" },
        { "2024-02-29", 12, "2025-02-28" }, { "2024-02-29", 48, "2028-02-29" },
        { "2026-05-31", 0, "2026-05-31" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t time_of_day = 3 * HOUR_MS + 7;
        test_note("%s %+d", cases[i].from, cases[i].months);
        CHECK(calendar_add_months(calendar_time_of(date_of(cases[i].from)) + time_of_day, cases[i].months)
              == calendar_time_of(date_of(cases[i].to)) + time_of_day);
    }
}
