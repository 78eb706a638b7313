/* The only place that asks the operating system what time it is. All else is given the time. */
#pragma once
#include <stdint.h>

int64_t clock_now_ms(void); /* wall clock: milliseconds since 1970, UTC */
void clock_sleep_ms(int64_t ms);
int64_t clock_monotonic_us(void); /* for durations and deadlines: never goes back */
