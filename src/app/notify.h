/* What systemd is told (sd_notify(3)): one datagram to the socket that NOTIFY_SOCKET names, if it names one.
 */
#pragma once
#include <stdint.h>

[[gnu::format(printf, 1, 2)]] void notify(const char *format, ...);
int64_t notify_watchdog_ms(void); /* within which WATCHDOG=1 is awaited; 0: it is not */
