/*
 * What is sealed under an older key of the ring, sealed anew under the current one: in the background, while
 * the program serves. How far it has come stands in the values themselves, so a killed process loses nothing.
 */
#pragma once
#include "record/work.h"

/* A limited piece of it, outside of any transaction; with a ring of one key there is nothing to do. What does
 * not open stays as it is: `nidia doctor` tells. */
[[nodiscard]] bool sealed_anew(struct work *work);
