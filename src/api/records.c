#include "api/records.h"
#include "api/answer.h"
#include "api/call.h"
#include "base/percent.h"
#include "record/document.h"
#include "record/store.h"

/* Rows as they came from the store become rows as the actor may see them. */
static void show(struct call *call, const struct service *service, const struct table *table,
                 struct value *rows, size_t count)
{
    for (size_t i = 0; service && service->show && i < count; i++)
        service->show(&call->work, rows + i * table->width);
}

/* The rows that stand in the place of references. */
static bool expand(struct call *call, const struct column_set *columns, const struct value *rows,
                   size_t count, struct expansions *expansions)
{
    if (!expansions_read(&call->work, call->route->table, columns, rows, count, expansions))
        return false;
    for (size_t i = 0; i < expansions->count; i++) {
        const struct expansion *expansion = &expansions->list[i];
        const struct table *table = expansion->column->references;
        const struct service *service = routes_service(call->state->seat->gate->routes, table);
        show(call, service, table, expansion->rows, expansion->count);
    }
    return true;
}

static bool list(struct call *call)
{
    struct query query;
    struct page page;
    const struct table *table = call->route->table;
    if (!query_read(&call->work, table, call->request->query, false, &query)
        || !store_list(&call->work, &query, &page))
        return false;
    show(call, call->service, table, page.rows, page.count);
    struct expansions expansions;
    return expand(call, &query.expanded, page.rows, page.count, &expansions)
        && answer_page(call, &query, &page, &expansions);
}

static bool ask(struct call *call)
{
    struct query query;
    if (!query_read(&call->work, call->route->table, call->request->query, true, &query))
        return false;
    call->columns = query.columns;
    call->expanded = query.expanded;
    return store_find_ask(&call->work, call->route->table, call->parameters[0], &call->read);
}

static bool tell(struct call *call)
{
    const struct table *table = call->route->table;
    struct value *cells = record_new(call->work.arena, table);
    if (!store_find_told(&call->work, table, &call->read, cells))
        return false;
    show(call, call->service, table, cells, 1);
    struct expansions expansions;
    return expand(call, &call->expanded, cells, 1, &expansions)
        && answer_columns(call, table, cells, &call->columns, &expansions);
}

bool record_create(struct call *call)
{
    const struct table *table = call->route->table;
    struct value *cells = call->taken;
    bool (*create)(struct work *, struct value *) = call->service ? call->service->create : NULL;
    if (!(create ? create(&call->work, cells) : store_create(&call->work, table, cells)))
        return false;
    struct buffer location = { .arena = call->work.arena };
    buffer_print(&location, "/api/v1/%s/", table->name);
    percent_encode(&location, cells[0].text); /* the id is every table's first column */
    response_header(call->response, TEXT("Location"), location.text);
    return answer_row(call, table, cells);
}

bool record_find_for_change(struct call *call, struct value *before)
{
    const struct table *table = call->route->table;
    return store_find_locked(&call->work, table, call->parameters[0], before)
        && answer_check_match(call, table, before) && store_may_change(&call->work, table, before);
}

static bool change(struct call *call)
{
    const struct table *table = call->route->table;
    struct value *before = record_new(call->work.arena, table), *after = record_new(call->work.arena, table);
    if (!record_find_for_change(call, before))
        return false;
    bool (*update)(struct work *, const struct value *, struct value *, struct value *) =
        call->service ? call->service->update : NULL;
    bool changed = update ? update(&call->work, before, call->taken, after)
                          : store_update(&call->work, table, before, call->taken, after);
    return changed && answer_row(call, table, after);
}

bool record_remove(struct call *call)
{
    const struct table *table = call->route->table;
    struct value *before = record_new(call->work.arena, table);
    if (!record_find_for_change(call, before))
        return false;
    bool (*remove)(struct work *, const struct value *) = call->service ? call->service->remove : NULL;
    if (!(remove ? remove(&call->work, before) : store_remove(&call->work, table, before)))
        return false;
    return answer_nothing(call);
}

static const struct record_call {
    enum method method;
    enum action action;
    enum cost cost;
    bool list, one;
    int status;
    const char *verb, *doc;
    bool (*handle)(struct call *call), (*ask)(struct call *call), (*tell)(struct call *call);
    enum error_code codes[ROUTE_CODES_MAX];
} record_calls[] = {
    { METHOD_GET, READ, COST_QUERY, .list = true, .verb = "list", .doc = "A page of ", .handle = list,
      .codes = { ERROR_invalid_query } },
    { METHOD_GET, READ, COST_KEY, .one = true, .verb = "get", .doc = "One of the ", .ask = ask, .tell = tell,
      .codes = { ERROR_invalid_query, ERROR_not_found } },
    { METHOD_POST, CREATE, COST_WRITE, .status = 201, .verb = "create", .doc = "Makes one of the ",
      .handle = record_create, .codes = { ERROR_invalid_body, ERROR_taken } },
    { METHOD_PATCH, UPDATE, COST_WRITE, .one = true, .verb = "update",
      .doc = "Changes (a merge, where null clears) one of the ", .handle = change,
      .codes = { ERROR_invalid_body, ERROR_not_found, ERROR_taken, ERROR_changed_meanwhile } },
    { METHOD_DELETE, DELETE, COST_WRITE, .one = true, .verb = "delete", .doc = "Removes one of the ",
      .handle = record_remove, .codes = { ERROR_not_found, ERROR_in_use, ERROR_changed_meanwhile } },
};

const size_t record_call_count = sizeof record_calls / sizeof record_calls[0];

bool record_route(const struct table *table, size_t i, struct arena *arena, struct route *route)
{
    const struct record_call *kind = &record_calls[i];
    if (!table->may[kind->action])
        return false;
    bool gives = kind->action != DELETE;
    *route = (struct route){
        .method = kind->method,
        .path = arena_format(arena, "/%s%s", table->name, kind->one ? "/{id}" : "").data,
        .id = arena_format(arena, "%s_%s", kind->verb, kind->list ? table->name : table->row_name).data,
        .cost = kind->cost,
        .may = table->may[kind->action],
        .handle = kind->handle,
        .ask = kind->ask,
        .tell = kind->tell,
        .gives = gives ? table : NULL,
        .how = kind->list ? GIVES_LIST
             : gives      ? GIVES_ROW
                          : GIVES_NOTHING,
        .status = kind->status,
        .table = table,
        .action = kind->action,
        .list = kind->list,
        .always_open = table->is & ALWAYS_OPEN,
        .doc = arena_format(arena, "%s%s.", kind->doc, table->name).data,
    };
    for (size_t code = 0; code < ROUTE_CODES_MAX; code++)
        route->codes[code] = kind->codes[code];
    return true;
}
