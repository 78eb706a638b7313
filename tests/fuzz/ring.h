/* The key ring of those targets that need one: the keys of the unit tests' desk. */
#pragma once
#include "crypto/keyring.h"

struct keyring *ring(void);
