/* A call's query parameters and body, read and checked before anything runs. */
#include "api/call.h"
#include "base/percent.h"
#include "record/document.h"

static bool is_json(struct text type)
{
    struct text media = text_trim(text_cut(&type, ';'));
    return text_equal_blind(media, TEXT("application/json"))
        || text_equal_blind(media, TEXT("application/merge-patch+json"));
}

/* The table whose columns the body has, if the route takes one. */
static const struct table *body_table(const struct route *route)
{
    if (route->takes)
        return route->takes;
    bool writes = route->table && (route->action == CREATE || route->action == UPDATE);
    return writes ? route->table : NULL;
}

static bool read_body(struct call *call)
{
    const struct route *route = call->route;
    const struct table *table = body_table(route);
    struct text body = call->request->body;
    struct error *error = &call->work.error;
    if (route->any_body)
        return true;
    if (table) {
        call->taken = record_new(call->work.arena, table);
        call->taken_count = table->width;
    }
    if (body.length == 0 && (!table || route->body_optional))
        return true;
    if (!table)
        return fail(error, ERROR_malformed_request, "no body is taken here");
    if (!is_json(request_header(call->request, TEXT("Content-Type"))))
        return fail(error, ERROR_unsupported_media_type, "");
    enum action action = route->table && route->action == UPDATE ? UPDATE : CREATE;
    return json_read(body, call->work.arena, &call->body, error)
        && document_read(table, &call->body, action, call->work.actor.role, call->work.arena, call->taken,
                         error);
}

static bool refuse_parameter(struct call *call, struct text name, enum error_code code, const char *about)
{
    struct error *error = &call->work.error;
    if (error->code == ERROR_none)
        fail(error, ERROR_invalid_query, "");
    return fail_at(error, arena_string(call->work.arena, text_head(name, POINTER_MAX - 1)), code, "%s",
                   about);
}

static bool take_parameter(struct call *call, struct text name, struct text value)
{
    const struct query_parameter *parameter = call->route->parameters;
    for (size_t i = 0; parameter && parameter[i].name; i++) {
        if (!text_is(name, parameter[i].name))
            continue;
        const struct column column = { .name = parameter[i].name, .type = parameter[i].type };
        struct value ignored;
        if (call->queried[i].length > 0)
            return refuse_parameter(call, name, ERROR_given_twice, "");
        if (value.length == 0 || !column_read_text(&column, value, &ignored))
            return refuse_parameter(call, name, ERROR_malformed_value, types[column.type].article);
        call->queried[i] = value;
        return true;
    }
    return call->route->any_query || refuse_parameter(call, name, ERROR_unknown_parameter, "");
}

/* The parameters that the route names. A record's list and its reading by id have their own reader,
 * record/query.h. */
static bool read_parameters(struct call *call)
{
    const struct route *route = call->route;
    if (route->table && route->action == READ)
        return true;
    bool good = true;
    for (struct text rest = call->request->query; rest.length > 0;) {
        struct text pair = text_cut(&rest, '&'), name = text_cut(&pair, '='), value;
        good = percent_decode(call->work.arena, name, true, &name)
                    && percent_decode(call->work.arena, pair, true, &value)
                 ? take_parameter(call, name, value) && good
                 : refuse_parameter(call, TEXT("?"), ERROR_malformed, "");
    }
    const struct query_parameter *parameter = route->parameters;
    for (size_t i = 0; parameter && parameter[i].name; i++)
        if (parameter[i].required && call->queried[i].length == 0)
            good = refuse_parameter(call, text_from(parameter[i].name), ERROR_required, "");
    return good;
}

bool call_read(struct call *call)
{
    return read_parameters(call) && read_body(call);
}
