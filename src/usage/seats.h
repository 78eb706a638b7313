/* The seats of a tenant: current_users counts its people, and max_users bounds them. */
#pragma once
#include "record/work.h"

/* In a transaction, before the user is made: `limit_reached` where all are taken. */
[[nodiscard]] bool seats_take(struct work *work, struct text tenant_id);
[[nodiscard]] bool seats_give_back(struct work *work, struct text tenant_id);
