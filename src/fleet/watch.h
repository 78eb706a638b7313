/* Beside the threads of a wave: tells how far it has come, holds its tenants, and looks whether it shall
 * stop. */
#pragma once
#include "fleet/wave.h"

void watch_until_idle(struct run *run); /* until nothing of the wave is open */
void watch_for(struct run *run, int64_t ms);
