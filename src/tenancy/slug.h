/* The words that no tenant may be called: they name us, or what stands beside a tenant in a host's name. */
#pragma once
#include "base/text.h"

bool slug_is_reserved(struct text slug);
