/* What the OpenAPI document says of an operation's answers. */
#include "api/answer.h"
#include "api/openapi_parts.h"
#include "model/model.h"

/* `done`: with what is asked for, not with what is to come first. */
static void add_headers(struct buffer *json, const struct route *route, int status, bool done)
{
    const char *before = "";
    const struct {
        const char *name;
        bool is;
    } headers[] = {
        { "X-Request-Id", true },
        { "RateLimit", !(route->may & VISITOR) },
        { "RateLimit-Policy", !(route->may & VISITOR) },
        { "ETag", done
                      && (route->in_parts
                          || (route->how == GIVES_ROW && column_named(route->gives, TEXT("revision")))) },
        { "Accept-Ranges", done && route->in_parts },
        { "Content-Range", status == 206 },
        { "Location", status == 201 || status == 303 },
        { "Link", done && (route->list || status == 201) },
    };
    buffer_add(json, TEXT(",\"headers\":{"));
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (!headers[i].is)
            continue;
        buffer_print(json, "%s\"%s\":{\"$ref\":\"#/components/headers/%s\"}", before, headers[i].name,
                     headers[i].name);
        before = ",";
    }
    buffer_add_byte(json, '}');
}

static void add_text(struct buffer *json, const struct route *route)
{
    const char *given = route->how == GIVES_STREAM ? "text/event-stream" : route->gives_type;
    struct text type = text_from(given), media = text_cut(&type, ';');
    bool is_json = text_starts(media, TEXT("application/json"));
    buffer_print(json, ",\"content\":{\"%.*s\":{\"schema\":{\"type\":\"%s\"}}}", TEXT_ARG(media),
                 is_json ? "object" : "string");
}

static void add_success(struct buffer *json, const struct route *route)
{
    int status = route->status ? route->status : route->how == GIVES_NOTHING ? 204 : 200;
    buffer_print(json, "\"%d\":{\"description\":\"Done.\"", status);
    add_headers(json, route, status, true);
    if (route->how == GIVES_TEXT || route->how == GIVES_STREAM) {
        add_text(json, route);
    } else if (route->how != GIVES_NOTHING) {
        buffer_add(json, TEXT(",\"content\":{\"application/json\":{\"schema\":"));
        openapi_add_schema_reference(json, route->gives, route->how == GIVES_LIST ? "_list" : "");
        buffer_add(json, TEXT("}}"));
    }
    buffer_add_byte(json, '}');
}

static void add_part(struct buffer *json, const struct route *route)
{
    if (!route->in_parts)
        return;
    buffer_add(json, TEXT(",\"206\":{\"description\":\"The part that was asked for.\""));
    add_headers(json, route, 206, true);
    add_text(json, route);
    buffer_add_byte(json, '}');
}

/* Where something else is to come first. */
static void add_deferral(struct buffer *json, const struct route *route)
{
    if (!route->defers)
        return;
    buffer_add(json, TEXT(",\"202\":{\"description\":\"Not yet.\""));
    add_headers(json, route, 202, false);
    buffer_add(json, TEXT(",\"content\":{\"application/json\":{\"schema\":"));
    openapi_add_schema_reference(json, route->defers, "");
    buffer_add(json, TEXT("}}}"));
}

/* Every kind of problem that the route may answer with, by its shape and its own codes. */
static unsigned problem_kinds(const struct route *route)
{
    bool body = route->takes || (route->table && (route->action == CREATE || route->action == UPDATE));
    bool visitors = route->may & VISITOR;
    unsigned kinds = 1u << KIND_UNREADABLE | 1u << KIND_LIMITED | 1u << KIND_INTERNAL | 1u << KIND_UNAVAILABLE
                   | 1u << KIND_TOO_LARGE;
    kinds |= visitors ? 0 : 1u << KIND_UNAUTHENTICATED | 1u << KIND_FORBIDDEN;
    kinds |= text_contains(text_from(route->path), TEXT("{")) ? 1u << KIND_NOT_FOUND : 0;
    kinds |= body ? 1u << KIND_UNSUPPORTED | 1u << KIND_INVALID : 0;
    kinds |= route->method != METHOD_GET ? 1u << KIND_CONFLICT | 1u << KIND_INVALID : 0;
    kinds |=
        route->table && (route->action == UPDATE || route->action == DELETE) ? 1u << KIND_PRECONDITION : 0;
    kinds |= route->in_parts ? 1u << KIND_RANGE : 0;
    for (size_t i = 0; i < ROUTE_CODES_MAX && route->codes[i]; i++)
        kinds |= 1u << error_words[route->codes[i]].kind;
    return kinds;
}

void openapi_add_responses(struct buffer *json, const struct route *route)
{
    buffer_add(json, TEXT(",\"responses\":{"));
    add_success(json, route);
    add_part(json, route);
    add_deferral(json, route);
    unsigned kinds = problem_kinds(route);
    for (enum error_kind kind = KIND_UNREADABLE; kind < KIND_COUNT; kind++)
        if (kinds >> kind & 1)
            buffer_print(json, ",\"%d\":{\"$ref\":\"#/components/responses/problem_%d\"}",
                         problem_status(kind), problem_status(kind));
    buffer_add(json, TEXT(",\"default\":{\"$ref\":\"#/components/responses/refused\"}}"));
}
