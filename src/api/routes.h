/* All routes: those that the folders list, and for every table with an API of its own its five calls. */
#pragma once
#include "api/route.h"

struct routes;

/* `lists` and `services` are ended by NULL; what a list says stands before what a table would give. */
struct routes *routes_create(const struct route *const *lists, const struct service *const *services);
void routes_destroy(struct routes *routes);

/*
 * Finds the route of the call's request and decodes its path parameters. Fails with `no_such_path`, or with
 * `method_not_allowed` and the methods that are offered in *allow.
 */
[[nodiscard]] bool routes_find(const struct routes *routes, struct call *call, struct text *allow);

size_t routes_count(const struct routes *routes);
const struct route *routes_at(const struct routes *routes, size_t i);
/* The table whose rows a call is about: that of one of a record's five calls, else what its path begins with;
 * NULL: none. */
const struct table *route_rows(const struct route *route);
const struct service *routes_service(const struct routes *routes, const struct table *table);
