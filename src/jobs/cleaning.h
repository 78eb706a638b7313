/* Removes rows that have had their time: no service misses them. */
#pragma once
#include "queue/periodic.h"

extern const struct periodic cleaning_periodics[];
