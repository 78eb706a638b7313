/* Written out, because libsystemd would bring libgcrypt and three compression libraries into a process that
 * faces the net.
 */
#include "app/notify.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE_MAX = 512 };

void notify(const char *format, ...)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!path || strlen(path) >= sizeof address.sun_path)
        return;
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = '\0';

    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    /* Nobody there, or full: then nobody waits for it. */
    (void)!sendto(fd, message, length < MESSAGE_MAX ? (size_t)length : MESSAGE_MAX - 1, MSG_NOSIGNAL,
                  (const struct sockaddr *)&address,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    close(fd);
}

/* WATCHDOG_PID is not asked: a successor is told the same, and only this program reads it. */
int64_t notify_watchdog_ms(void)
{
    const char *given = getenv("WATCHDOG_USEC");
    long long microseconds = given ? strtoll(given, NULL, 10) : 0;
    return microseconds > 0 ? microseconds / 1000 : 0;
}
