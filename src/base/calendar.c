#include "base/calendar.h"
#include <stdio.h>

enum { YEAR_MAX = 9999 };

/* Days since 1970-01-01, and back: Howard Hinnant's algorithms
 * (chrono-Compatible Low-Level Date Algorithms). */
static int64_t days_from_date(struct date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

static struct date date_from_days(int64_t days)
{
    days += 719'468;
    int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    int64_t day_of_era = days - era * 146'097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return (struct date){
        .year = (int)(year_of_era + era * 400) + (month <= 2),
        .month = month,
        .day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
    };
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct date calendar_date_of(int64_t time_ms)
{
    return date_from_days(floor_divide(time_ms, DAY_MS));
}

int64_t calendar_time_of(struct date date)
{
    return days_from_date(date) * DAY_MS;
}

int calendar_days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

int64_t calendar_add_months(int64_t time_ms, int months)
{
    struct date date = calendar_date_of(time_ms);
    int64_t time_of_day = time_ms - calendar_time_of(date);
    int month = date.year * 12 + date.month - 1 + months;
    date.year = month / 12;
    date.month = month % 12 + 1;
    int last = calendar_days_in_month(date.year, date.month);
    if (date.day > last)
        date.day = last;
    return calendar_time_of(date) + time_of_day;
}

static void print_digits(char *at, int count, int64_t number)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
}

static void print_date(struct date date, char *out)
{
    print_digits(out, 4, date.year);
    out[4] = '-';
    print_digits(out + 5, 2, date.month);
    out[7] = '-';
    print_digits(out + 8, 2, date.day);
}

struct text calendar_print_date(struct date date, char out[static DATE_TEXT_SIZE])
{
    print_date(date, out);
    out[10] = '\0';
    return (struct text){ out, 10 };
}

struct text calendar_print_time(int64_t time_ms, char out[static TIME_TEXT_SIZE])
{
    struct date date = calendar_date_of(time_ms);
    int64_t rest = time_ms - calendar_time_of(date);
    print_date(date, out);
    out[10] = 'T';
    print_digits(out + 11, 2, rest / HOUR_MS);
    out[13] = ':';
    print_digits(out + 14, 2, rest / MINUTE_MS % 60);
    out[16] = ':';
    print_digits(out + 17, 2, rest / 1000 % 60);
    out[19] = '.';
    print_digits(out + 20, 3, rest % 1000);
    out[23] = 'Z';
    out[24] = '\0';
    return (struct text){ out, 24 };
}

/* Reads exactly `count` digits at the front and removes them. */
static bool take_number(struct text *rest, size_t count, int *number)
{
    if (rest->length < count)
        return false;
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (rest->data[i] < '0' || rest->data[i] > '9')
            return false;
        sum = sum * 10 + (rest->data[i] - '0');
    }
    *number = sum;
    *rest = text_slice(*rest, count, rest->length);
    return true;
}

static bool take_byte(struct text *rest, char byte)
{
    if (rest->length == 0 || rest->data[0] != byte)
        return false;
    *rest = text_slice(*rest, 1, rest->length);
    return true;
}

static bool take_date(struct text *rest, struct date *date)
{
    return take_number(rest, 4, &date->year) && take_byte(rest, '-') && take_number(rest, 2, &date->month)
        && take_byte(rest, '-') && take_number(rest, 2, &date->day) && date->year >= 1 && date->month >= 1
        && date->month <= 12 && date->day >= 1
        && date->day <= calendar_days_in_month(date->year, date->month);
}

bool calendar_read_date(struct text text, struct date *date)
{
    struct date read;
    if (!take_date(&text, &read) || text.length > 0)
        return false;
    *date = read;
    return true;
}

/* ".123456789" → milliseconds. */
static bool take_fraction(struct text *rest, int *fraction_ms)
{
    *fraction_ms = 0;
    if (!take_byte(rest, '.'))
        return true;
    int scale = 100, digit, count = 0;
    while (take_number(rest, 1, &digit)) {
        *fraction_ms += digit * scale;
        scale /= 10;
        count++;
    }
    return count >= 1 && count <= 9;
}

static bool take_offset(struct text *rest, int *offset_minutes)
{
    *offset_minutes = 0;
    if (take_byte(rest, 'Z') || take_byte(rest, 'z'))
        return true;
    bool west = take_byte(rest, '-');
    int hours, minutes;
    if ((!west && !take_byte(rest, '+')) || !take_number(rest, 2, &hours) || !take_byte(rest, ':')
        || !take_number(rest, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset_minutes = (hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

bool calendar_read_time(struct text text, int64_t *time_ms)
{
    struct date date;
    int hour, minute, second, fraction_ms, offset_minutes;
    if (!take_date(&text, &date) || (!take_byte(&text, 'T') && !take_byte(&text, 't'))
        || !take_number(&text, 2, &hour) || !take_byte(&text, ':') || !take_number(&text, 2, &minute)
        || !take_byte(&text, ':') || !take_number(&text, 2, &second) || !take_fraction(&text, &fraction_ms)
        || !take_offset(&text, &offset_minutes) || text.length > 0 || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t read = calendar_time_of(date) + (int64_t)hour * HOUR_MS
                 + (int64_t)(minute - offset_minutes) * MINUTE_MS + (int64_t)second * 1000 + fraction_ms;
    if (read < calendar_time_of((struct date){ 1, 1, 1 })
        || read >= calendar_time_of((struct date){ YEAR_MAX, 12, 31 }) + DAY_MS)
        return false;
    *time_ms = read;
    return true;
}
