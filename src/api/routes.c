#include "api/routes.h"
#include "api/records.h"
#include "base/memory.h"
#include "base/percent.h"
#include "model/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 8, BUCKETS = 128 };

struct segments {
    struct text list[SEGMENTS_MAX];
    size_t count;
};

struct known_route {
    const struct route *route;
    struct segments segments; /* of its whole path */
    struct known_route *next; /* in its bucket */
};

struct routes {
    struct arena *arena; /* the generic routes and their texts */
    const struct service *const *services;
    size_t count;
    struct known_route known[ROUTES_MAX];
    struct known_route *buckets[BUCKETS]; /* by the count of segments and the last but one that is literal */
};

static const struct text base = TEXT_CONSTANT("api/v1");

/* "/api/v1/tenants/{id}" → its segments; false where there are more than anything here has. */
static bool split(struct text path, struct segments *segments)
{
    segments->count = 0;
    if (path.length == 0 || path.data[0] != '/')
        return false;
    struct text rest = text_slice(path, 1, path.length);
    do {
        if (segments->count == SEGMENTS_MAX)
            return false;
        segments->list[segments->count++] = text_cut(&rest, '/');
    } while (rest.length > 0);
    return !text_ends(path, TEXT("/")) || path.length == 1;
}

static bool is_parameter(struct text segment)
{
    return segment.length > 0 && segment.data[0] == '{';
}

/* The third segment names the noun ("tenants"); a root path has its first. */
static size_t bucket_of(const struct segments *segments)
{
    struct text noun = segments->list[segments->count > 2 ? 2 : 0];
    return (text_hash(noun) * 31 + segments->count) % BUCKETS;
}

static bool matches(const struct segments *pattern, const struct segments *path)
{
    for (size_t i = 0; i < pattern->count && pattern->count == path->count; i++)
        if (!is_parameter(pattern->list[i]) && !text_equal(pattern->list[i], path->list[i]))
            return false;
    return pattern->count == path->count;
}

static bool same_pattern(const struct segments *a, const struct segments *b)
{
    for (size_t i = 0; i < a->count && a->count == b->count; i++)
        if (is_parameter(a->list[i]) ? !is_parameter(b->list[i]) : !text_equal(a->list[i], b->list[i]))
            return false;
    return a->count == b->count;
}

static bool is_known(const struct routes *routes, const struct segments *segments, enum method method)
{
    for (size_t i = 0; i < routes->count; i++)
        if (routes->known[i].route->method == method && same_pattern(&routes->known[i].segments, segments))
            return true;
    return false;
}

static void add(struct routes *routes, const struct route *route)
{
    struct text path = route->root ? text_from(route->path)
                                   : arena_format(routes->arena, "/%.*s%s", TEXT_ARG(base), route->path);
    struct segments segments;
    if (!split(path, &segments) || is_known(routes, &segments, route->method))
        return;
    if (routes->count == ROUTES_MAX) {
        fputs("more routes than ROUTES_MAX\n", stderr);
        abort();
    }
    struct known_route *known = &routes->known[routes->count++];
    *known = (struct known_route){ .route = route, .segments = segments };
    struct known_route **last = &routes->buckets[bucket_of(&segments)];
    while (*last)
        last = &(*last)->next;
    *last = known;
}

/* The generic calls of one table that some role may make. */
static void add_table(struct routes *routes, const struct table *table)
{
    for (size_t i = 0; i < record_call_count; i++) {
        struct route *route = arena_new(routes->arena, struct route);
        if (!record_route(table, i, routes->arena, route))
            continue;
        add(routes, route);
    }
}

struct routes *routes_create(const struct route *const *lists, const struct service *const *services)
{
    struct routes *routes = memory_new(struct routes);
    routes->arena = arena_create();
    routes->services = services;
    for (; *lists; lists++)
        for (const struct route *route = *lists; route->path; route++)
            add(routes, route);
    for (const struct table *const *table = all_tables; *table; table++)
        if (!((*table)->is & (INNER | SHAPE)))
            add_table(routes, *table);
    return routes;
}

void routes_destroy(struct routes *routes)
{
    if (!routes)
        return;
    arena_destroy(routes->arena);
    free(routes);
}

const struct table *route_rows(const struct route *route)
{
    struct text rest = text_slice(text_from(route->path), 1, SIZE_MAX);
    return route->table ? route->table : route->root ? NULL : table_named(text_cut(&rest, '/'));
}

const struct service *routes_service(const struct routes *routes, const struct table *table)
{
    for (const struct service *const *list = routes->services; *list; list++)
        for (const struct service *service = *list; service->table; service++)
            if (service->table == table)
                return service;
    return NULL;
}

/* The path parameters, decoded; false where one is not percent-encoded UTF-8. */
static bool take_parameters(const struct known_route *known, const struct segments *path, struct arena *arena,
                            struct call *call)
{
    size_t count = 0;
    for (size_t i = 0; i < known->segments.count; i++)
        if (is_parameter(known->segments.list[i])
            && !percent_decode(arena, path->list[i], false, &call->parameters[count++]))
            return false;
    return true;
}

static void add_allowed(struct buffer *allow, enum method method)
{
    buffer_print(allow, "%s%s", allow->length > 0 ? ", " : "", method_names[method]);
    if (method == METHOD_GET)
        buffer_add(allow, TEXT(", HEAD"));
}

bool routes_find(const struct routes *routes, struct call *call, struct text *allow)
{
    struct arena *arena = call->work.arena;
    struct error *error = &call->work.error;
    struct segments path;
    if (!split(call->request->path, &path))
        return fail(error, ERROR_no_such_path, "");
    enum method method = call->request->method == METHOD_HEAD ? METHOD_GET : call->request->method;
    struct buffer allowed = { .arena = arena };
    for (const struct known_route *known = routes->buckets[bucket_of(&path)]; known; known = known->next) {
        if (!matches(&known->segments, &path))
            continue;
        if (known->route->method != method) {
            add_allowed(&allowed, known->route->method);
            continue;
        }
        call->route = known->route;
        call->route_index = (size_t)(known - routes->known);
        return take_parameters(known, &path, arena, call) || fail(error, ERROR_no_such_path, "");
    }
    *allow = allowed.text;
    return fail(error, allowed.length > 0 ? ERROR_method_not_allowed : ERROR_no_such_path, "");
}

size_t routes_count(const struct routes *routes)
{
    return routes->count;
}

const struct route *routes_at(const struct routes *routes, size_t i)
{
    return routes->known[i].route;
}
