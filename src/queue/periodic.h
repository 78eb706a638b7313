/* What is done again and again. Each folder exports a list of its own; app.c hands them to the runner. */
#pragma once
#include "record/work.h"

struct periodic {
    const char *name; /* as in schedules.name */
    int every_seconds;
    bool each_node; /* it is about this process's memory: not shared out, and in no table */
    /* Outside of any transaction. */
    bool (*run)(struct work *work);
};
