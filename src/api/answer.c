/* Successful answers: rows, pages, shapes, and the ETag that a change is compared with. */
#include "api/answer.h"
#include "base/percent.h"
#include "model/model.h"
#include "record/document.h"

static const struct text json_type = TEXT_CONSTANT("application/json; charset=utf-8");

static void succeed(struct call *call, bool gives)
{
    int status = call->route->status;
    call->response->status = status ? status : gives ? 200 : 204;
    if (gives)
        call->response->content_type = json_type;
}

/* The column of this name as a number, or -1. */
static int64_t revision_of(const struct table *table, const struct value *cells)
{
    const struct column *column = column_named(table, TEXT("revision"));
    return column ? cells[column - table->columns].integer : -1;
}

bool answer_columns(struct call *call, const struct table *table, const struct value *cells,
                    const struct column_set *columns, const struct expansions *expansions)
{
    succeed(call, true);
    int64_t revision = revision_of(table, cells);
    if (revision >= 0)
        response_header(call->response, TEXT("ETag"),
                        arena_format(call->work.arena, "\"%lld\"", (long long)revision));
    document_write_expanded(&call->response->body, table, cells, columns, expansions);
    return true;
}

bool answer_row(struct call *call, const struct table *table, const struct value *cells)
{
    struct column_set columns = columns_visible(table, call->work.actor.role);
    return answer_columns(call, table, cells, &columns, NULL);
}

bool answer_shape(struct call *call, const struct table *shape, const struct value *cells)
{
    struct column_set columns = {};
    for (size_t i = 0; i < shape->width; i++)
        if (cells[i].kind != VALUE_ABSENT)
            column_set_add(&columns, i);
    succeed(call, true);
    document_write(&call->response->body, shape, cells, &columns);
    return true;
}

bool answer_nothing(struct call *call)
{
    succeed(call, false);
    return true;
}

bool answer_text(struct call *call, struct text text)
{
    succeed(call, true);
    call->response->content_type = call->route->gives_type ? text_from(call->route->gives_type) : json_type;
    buffer_add(&call->response->body, text);
    return true;
}

bool answer_stream(struct call *call, const struct stream *stream)
{
    succeed(call, true);
    call->response->content_type = TEXT("text/event-stream; charset=utf-8");
    response_header(call->response, TEXT("X-Accel-Buffering"),
                    TEXT("no")); /* a proxy is not to wait for more */
    call->response->stream = stream;
    return true;
}

/* What would end the target in a Link is written as its code. */
static void add_to_target(struct buffer *target, struct text part)
{
    for (size_t i = 0; i < part.length; i++)
        if (part.data[i] == '<' || part.data[i] == '>')
            buffer_add(target, part.data[i] == '<' ? TEXT("%3C") : TEXT("%3E"));
        else
            buffer_add_byte(target, part.data[i]);
}

static bool is_cursor(struct arena *arena, struct text pair)
{
    struct text name;
    return percent_decode(arena, text_cut(&pair, '='), true, &name) && text_is(name, "cursor");
}

/* The query string as it came, with its cursor replaced. */
static struct text next_target(struct call *call, struct text cursor)
{
    struct buffer target = { .arena = call->work.arena };
    add_to_target(&target, call->request->path);
    buffer_add_byte(&target, '?');
    for (struct text rest = call->request->query; rest.length > 0;) {
        struct text pair = text_cut(&rest, '&');
        if (is_cursor(call->work.arena, pair))
            continue;
        add_to_target(&target, pair);
        buffer_add_byte(&target, '&');
    }
    buffer_add(&target, TEXT("cursor="));
    percent_encode(&target, cursor);
    return target.text;
}

bool answer_page(struct call *call, const struct query *query, const struct page *page,
                 const struct expansions *expansions)
{
    succeed(call, true);
    struct buffer *json = &call->response->body;
    buffer_add(json, TEXT("{\"data\":["));
    for (size_t i = 0; i < page->count; i++) {
        if (i > 0)
            buffer_add_byte(json, ',');
        document_write_expanded(json, query->table, page_row(page, query->table, i), &query->columns,
                                expansions);
    }
    buffer_add(json, TEXT("],\"next_cursor\":"));
    if (page->next_cursor.length > 0) {
        json_add_text(json, page->next_cursor);
        struct text target = next_target(call, page->next_cursor);
        response_header(call->response, TEXT("Link"),
                        arena_format(call->work.arena, "<%.*s>; rel=\"next\"", TEXT_ARG(target)));
    } else {
        buffer_add(json, TEXT("null"));
    }
    if (query->count)
        buffer_print(json, ",\"total\":%lld", (long long)page->total);
    buffer_add_byte(json, '}');
    return true;
}

bool answer_check_match(struct call *call, const struct table *table, const struct value *cells)
{
    struct text wanted = request_header(call->request, TEXT("If-Match"));
    int64_t revision = revision_of(table, cells);
    if (wanted.length == 0 || text_is(wanted, "*") || revision < 0)
        return true;
    struct text etag = arena_format(call->work.arena, "\"%lld\"", (long long)revision);
    while (wanted.length > 0)
        if (text_equal(text_trim(text_cut(&wanted, ',')), etag))
            return true;
    return fail(&call->work.error, ERROR_changed_meanwhile, "");
}

void answer_link_job(struct call *call, struct text job_id)
{
    response_header(call->response, TEXT("Link"),
                    arena_format(call->work.arena, "</api/v1/jobs/%.*s>; rel=\"job\"", TEXT_ARG(job_id)));
}
