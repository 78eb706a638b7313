/* What stands in an error's words in place of "{}", for who reads Spanish. */
#pragma once
#include "base/arena.h"
#include "base/text.h"

/* What is no phrase of ours, a name or a number, stays as it is. */
struct text phrase_in_spanish(struct arena *arena, struct text english);
