#include "app/attend.h"
#include "app/notify.h"
#include "app/pulse.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { TICK_MS = 1000, SUCCESSOR_MS = 120'000 /* a migration on PostgreSQL is part of it */ };

struct attendance {
    struct app *app;
    struct server *server;
    struct successor *successor;
    struct pulse *pulse;
    int signals, tick_ms;
};

sigset_t attended_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

void app_prepare_signals(void)
{
    const sigset_t signals = attended_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void say_serving(void)
{
    notify("READY=1\nMAINPID=%d\nSTATUS=Serving.", getpid());
}

static void begin_handover(struct attendance *attendance)
{
    struct error error = {};
    if (attendance->successor->process)
        return; /* one is on its way */
    notify("RELOADING=1\nSTATUS=Starting a successor.");
    LOG(LOG_INFO, "handing_over");
    if (successor_start(attendance->successor, attendance->app, attendance->server, &error))
        return;
    LOG(LOG_ERROR, "handover_failed", { "error", value_string(error.about) });
    say_serving();
}

/* It has ended, is silent, or is told to end: it has said itself what it lacks. */
static void give_up(struct attendance *attendance)
{
    successor_fail(attendance->successor);
    successor_close(attendance->successor);
    LOG(LOG_ERROR, "handover_failed", { "error", value_string("the successor did not become ready") });
    say_serving();
}

/* True: it is ready. */
static bool hear_successor(struct attendance *attendance, bool said_something)
{
    struct successor *successor = attendance->successor;
    if (!successor->process)
        return false;
    if (said_something && successor_hear(successor, 0) == SUCCESSOR_READY)
        return true;
    if (said_something || clock_monotonic_us() - successor->begun_us > SUCCESSOR_MS * INT64_C(1000))
        give_up(attendance);
    return false;
}

/* True: it is to end. */
static bool hear_signal(struct attendance *attendance)
{
    struct signalfd_siginfo got;
    if (read(attendance->signals, &got, sizeof got) != sizeof got)
        return false;
    if (got.ssi_signo == SIGHUP) {
        begin_handover(attendance);
        return false;
    }
    if (attendance->successor->process)
        give_up(attendance);
    notify("STOPPING=1\nSTATUS=Draining.");
    LOG(LOG_INFO, "draining", { "signal", value_string(got.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT") });
    return true;
}

static bool wait_for_end(struct attendance *attendance)
{
    for (;;) {
        struct successor *successor = attendance->successor;
        struct pollfd heard[] = { { .fd = attendance->signals, .events = POLLIN },
                                  { .fd = successor->process ? successor->line : -1, .events = POLLIN } };
        poll(heard, 2, attendance->tick_ms);
        if (attendance->pulse && pulse_felt(attendance->pulse))
            notify("WATCHDOG=1");
        if (hear_successor(attendance, heard[1].revents != 0))
            return true;
        if (heard[0].revents && hear_signal(attendance))
            return false;
    }
}

bool attend(struct app *app, struct server *server, struct successor *successor)
{
    int64_t watchdog_ms = notify_watchdog_ms();
    const sigset_t signals = attended_signals();
    struct attendance attendance = {
        .app = app,
        .server = server,
        .successor = successor,
        .pulse = watchdog_ms > 0 ? pulse_create(app, server) : NULL,
        .signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK),
        .tick_ms = watchdog_ms > 0 && watchdog_ms / 4 < TICK_MS ? (int)(watchdog_ms / 4) : TICK_MS,
    };
    if (attendance.signals < 0)
        memory_is_out();
    say_serving();
    bool handed_over = wait_for_end(&attendance);
    close(attendance.signals);
    return handed_over;
}
