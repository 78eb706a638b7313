/* What must not stand on a command line, which every user of the machine can read. */
#pragma once
#include "main/command.h"

/* A line of standard input; from a terminal it is asked for, and not shown. False where it is empty. */
[[nodiscard]] bool secret_read(struct invocation *invocation, const char *prompt, struct text *secret);
