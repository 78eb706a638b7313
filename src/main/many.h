/* One job for each of many tenants: `nidia tenant backup --all`, `nidia host restore`. */
#pragma once
#include "main/command.h"

/* Each tenant that has a database. */
int many_back_up(struct invocation *invocation);
/* Each tenant of the host, from its newest backup, onto another host. */
int many_restore(struct invocation *invocation, struct text host_id, const char *onto);
