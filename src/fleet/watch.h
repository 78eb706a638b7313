/* Beside the threads of a wave: tells how far it has come, holds its tenants, and looks whether it shall
 * stop. */
#pragma once
#include "fleet/wave.h"

void watch_beat(struct run *run);
/* Nothing of it is under way. */
void watch_for(struct run *run, int64_t ms);
