/* Another program, run beside ours until it ends: pg_dump and its kin. */
#pragma once
#include "base/error.h"

struct child {
    const char *const
        *arguments; /* the program's path first; ended by NULL. Anybody on the machine reads them */
    const char *const *environment; /* the whole of it: "NAME=value", ended by NULL */
    int input, output;              /* files that are its standard input and output; -1: /dev/null */
    int64_t deadline_ms;            /* from now; then it is killed */
    bool (*tick)(void *context);    /* about each second while it runs; false: it is killed. NULL: nothing */
    void *context;
};

/* False where it could not be started, did not end well or not in time; the error has the first line in which
 * it told what is wrong. */
[[nodiscard]] bool child_run(const struct child *child, struct error *error);
