/* What an engine says of a broken constraint, in the words of the model. */
#pragma once
#include "model/table.h"
#include "record/work.h"

/* After a failed INSERT or UPDATE: replaces the engine's error
 * where the model knows better. Returns false. */
bool fault_of_write(struct work *work, const struct table *table);
/* After a failed DELETE. */
bool fault_of_removal(struct work *work);
