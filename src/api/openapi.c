#include "api/openapi.h"
#include "api/answer.h"
#include "api/openapi_parts.h"
#include "base/memory.h"
#include "model/model.h"
#include "record/query.h"
#include "record/schema.h"
#include <pthread.h>
#include <string.h>

/* "tenants" of "/tenants/{id}": what OpenAPI groups by. */
static struct text tag_of(const struct route *route)
{
    struct text rest = text_slice(text_from(route->path), 1, SIZE_MAX);
    struct text noun = text_cut(&rest, '/');
    return route->root ? TEXT("system") : noun;
}

static bool have_one_path(const struct route *a, const struct route *b)
{
    return a->root == b->root && strcmp(a->path, b->path) == 0;
}

/* --- what an operation takes --- */

static void add_path_parameters(struct buffer *json, const struct route *route, const char **before)
{
    struct text rest = text_from(route->path);
    while (text_find_byte(rest, '{') < rest.length) {
        text_cut(&rest, '{');
        struct text name = text_cut(&rest, '}');
        bool known = route->table && route->table->known_by;
        buffer_print(
            json,
            "%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"description\":\"%s\",\"schema\":"
            "{\"type\":\"string\",\"minLength\":1,\"maxLength\":200," SCHEMA_ANY_TEXT "}}",
            *before, TEXT_ARG(name), known ? "The id, or the name that stands in its place." : "The id.");
        *before = ",";
    }
}

static void add_query_parameters(struct buffer *json, const struct route *route, const char **before)
{
    for (const struct query_parameter *parameter = route->parameters; parameter && parameter->name;
         parameter++) {
        const struct column column = { .name = parameter->name, .type = parameter->type, .is = REQUIRED };
        buffer_print(json, "%s{\"name\":\"%s\",\"in\":\"query\",\"required\":%s,\"description\":", *before,
                     parameter->name, parameter->required ? "true" : "false");
        json_add_text(json, text_from(parameter->doc));
        buffer_add(json, TEXT(",\"schema\":"));
        schema_add_column(json, &column);
        buffer_add_byte(json, '}');
        *before = ",";
    }
}

static void add_reference(struct buffer *json, const char *kind, const char *name, const char **before)
{
    buffer_print(json, "%s{\"$ref\":\"#/components/%s/%s\"}", *before, kind, name);
    *before = ",";
}

static void add_parameters(struct buffer *json, const struct route *route)
{
    const char *before = "";
    buffer_add(json, TEXT(",\"parameters\":["));
    add_path_parameters(json, route, &before);
    add_query_parameters(json, route, &before);
    if (route->table && route->action == READ) {
        add_reference(json, "parameters", "fields", &before);
        openapi_add_expand(json, route->table, &before);
    }
    if (route->list)
        openapi_add_list_parameters(json, route->table, &before);
    if (route->table && (route->action == UPDATE || route->action == DELETE))
        add_reference(json, "parameters", "if_match", &before);
    if (route->how == GIVES_STREAM)
        add_reference(json, "parameters", "last_event_id", &before);
    if (route->in_parts) {
        add_reference(json, "parameters", "range", &before);
        add_reference(json, "parameters", "if_range", &before);
    }
    if (route_takes_key(route))
        add_reference(json, "parameters", "idempotency_key", &before);
    buffer_add_byte(json, ']');
}

static void add_body(struct buffer *json, const struct route *route)
{
    bool writes = route->table && (route->action == CREATE || route->action == UPDATE);
    if (!route->takes && !writes)
        return;
    buffer_print(json, ",\"requestBody\":{\"required\":%s,\"content\":{\"application/json\":{\"schema\":",
                 route->body_optional ? "false" : "true");
    if (route->takes)
        openapi_add_schema_reference(json, route->takes, "");
    else
        openapi_add_schema_reference(json, route->table, route->action == CREATE ? "_create" : "_update");
    buffer_add(json, TEXT("}}}"));
}

static void add_word(struct buffer *json, struct text word, const char **before)
{
    buffer_print(json, "%s\"%.*s\"", *before, TEXT_ARG(word));
    *before = ",";
}

/* Who may: the matrix of roles and calls, as data; a tenant's people within their tenant, keys by a scope. */
static void add_access(struct buffer *json, const struct route *route)
{
    const char *before = "";
    const struct table *table = route_rows(route);
    bool writes = route->method != METHOD_GET, barred = writes && table && (table->is & CREDENTIALS);
    buffer_add(json, TEXT(",\"x-roles\":["));
    for (int role = SUPER_ADMIN; role <= VISITOR; role <<= 1)
        if (route->may & (unsigned)role)
            add_word(json, role_name((enum role)role), &before);
    buffer_add_byte(json, ']');
    if (route->scope)
        buffer_print(json, ",\"x-scope\":\"%s\"", route->scope);
    else if (table && !barred)
        buffer_print(json, ",\"x-scope\":\"%s:%s\"", table->name, writes ? "write" : "read");
}

static void add_operation(struct buffer *json, const struct route *route)
{
    static const char *const methods[METHOD_COUNT] = { "get",   "head",   "post",   "put",
                                                       "patch", "delete", "options" };
    buffer_print(json,
                 "\"%s\":{\"operationId\":\"%s\",\"tags\":[\"%.*s\"],\"summary\":", methods[route->method],
                 route->id, TEXT_ARG(tag_of(route)));
    json_add_text(json, text_from(route->doc));
    if (route->may & VISITOR)
        buffer_add(json, TEXT(",\"security\":[]"));
    add_access(json, route);
    add_parameters(json, route);
    add_body(json, route);
    openapi_add_responses(json, route);
    buffer_add_byte(json, '}');
}

static bool is_first_of_path(const struct routes *routes, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (have_one_path(routes_at(routes, before), routes_at(routes, i)))
            return false;
    return true;
}

static void add_paths(struct buffer *json, const struct routes *routes)
{
    const char *before = "";
    buffer_add(json, TEXT(",\"paths\":{"));
    for (size_t i = 0; i < routes_count(routes); i++) {
        const struct route *route = routes_at(routes, i);
        if (!is_first_of_path(routes, i))
            continue;
        buffer_print(json, "%s\"%s%s\":{", before, route->root ? "" : "/api/v1", route->path);
        before = ",";
        const char *operation = "";
        for (size_t same = i; same < routes_count(routes); same++) {
            if (!have_one_path(routes_at(routes, same), route))
                continue;
            buffer_print(json, "%s", operation);
            add_operation(json, routes_at(routes, same));
            operation = ",";
        }
        buffer_add_byte(json, '}');
    }
    buffer_add_byte(json, '}');
}

static void add_tags(struct buffer *json, const struct routes *routes)
{
    const char *before = "";
    buffer_add(json, TEXT(",\"tags\":["));
    for (size_t i = 0; i < routes_count(routes); i++) {
        struct text tag = tag_of(routes_at(routes, i));
        bool first = true;
        for (size_t earlier = 0; earlier < i && first; earlier++)
            first = !text_equal(tag_of(routes_at(routes, earlier)), tag);
        if (!first)
            continue;
        const struct table *table = table_named(tag);
        buffer_print(json, "%s{\"name\":\"%.*s\",\"description\":", before, TEXT_ARG(tag));
        json_add_text(json, table ? text_from(table->doc) : tag);
        buffer_add_byte(json, '}');
        before = ",";
    }
    buffer_add_byte(json, ']');
}

struct text openapi_document(const struct routes *routes, struct arena *arena)
{
    struct buffer json = { .arena = arena };
    buffer_add(
        &json,
        TEXT("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"NIDIA Flow SuperAdmin\",\"version\":\"1\","
             "\"summary\":\"The control plane of NIDIA Flow.\","
             "\"license\":{\"name\":\"Proprietary\",\"identifier\":\"LicenseRef-NIDIA\"}},"
             "\"servers\":[{\"url\":\"/\",\"description\":\"The installation, local, staging or production, "
             "that gave the document.\",\"x-internal\":false}],\"security\":[{\"bearer\":[]}]"));
    add_tags(&json, routes);
    add_paths(&json, routes);
    openapi_add_components(&json, routes);
    buffer_add_byte(&json, '}');
    return json.text;
}

struct openapi {
    const struct routes *routes;
    struct arena *arena; /* the text's */
    struct text text;
    pthread_mutex_t printing;
};

struct openapi *openapi_create(const struct routes *routes)
{
    struct openapi *openapi = memory_new(struct openapi);
    openapi->routes = routes;
    openapi->arena = arena_create();
    pthread_mutex_init(&openapi->printing, NULL);
    return openapi;
}

void openapi_destroy(struct openapi *openapi)
{
    if (!openapi)
        return;
    arena_destroy(openapi->arena);
    pthread_mutex_destroy(&openapi->printing);
    free(openapi);
}

struct text openapi_text(struct openapi *openapi)
{
    pthread_mutex_lock(&openapi->printing);
    if (openapi->text.length == 0) {
        [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
        openapi->text = arena_copy(openapi->arena, openapi_document(openapi->routes, arena));
    }
    pthread_mutex_unlock(&openapi->printing);
    return openapi->text;
}
