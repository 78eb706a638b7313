/*
 * A path and a query string as a stranger asks for them; the first byte is the method. What finds its route
 * has its parameters in UTF-8; what does not, or has faults in its query, says why.
 */
#include "api/call.h"
#include "app/parts.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lost(const struct error *error, struct text allow)
{
    assert(error->code == (allow.length > 0 ? ERROR_method_not_allowed : ERROR_no_such_path));
}

static void check_refused(const struct error *error)
{
    assert(error->code != ERROR_none && error_kind(error) != KIND_INTERNAL);
    for (size_t i = 0; i < error->fault_count; i++)
        assert(text_is_utf8(text_from(error->faults[i].pointer))
               && text_is_utf8(text_from(error->faults[i].about)));
}

static void check_found(const struct call *call)
{
    assert(call->route && call->route->path);
    for (size_t i = 0; i < PATH_PARAMETERS_MAX; i++)
        assert(text_is_utf8(call->parameters[i]));
}

static void check_read(const struct call *call)
{
    const struct query_parameter *parameter = call->route->parameters;
    for (size_t i = 0; parameter && parameter[i].name; i++)
        assert(text_is_utf8(call->queried[i]) && (!parameter[i].required || call->queried[i].length > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct routes *routes;
    if (!routes)
        routes = routes_create(app_routes, app_services);
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text query = { (const char *)data + 1, size - 1 }, path = text_cut(&query, '?'), allow = {};
    const struct request request = { .method = (enum method)(data[0] % METHOD_COUNT),
                                     .path = path,
                                     .query = query };
    struct response response = { .headers = { .arena = arena } };
    struct call call = { .work = { .arena = arena, .actor = { .role = SUPER_ADMIN } },
                         .request = &request,
                         .response = &response };
    if (!routes_find(routes, &call, &allow)) {
        check_lost(&call.work.error, allow);
        return 0;
    }
    check_found(&call);
    if (call_read(&call))
        check_read(&call);
    else
        check_refused(&call.work.error);
    return 0;
}
