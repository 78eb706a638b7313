/* Live: what happens, as Server-Sent Events, to whom it concerns. */
#include "api/answer.h"
#include "events/feed.h"
#include "model/model.h"

static const struct query_parameter resumed[] = {
    { "last_event_id", TYPE_integer, .doc = "As the header Last-Event-ID, for clients that cannot set one." },
    {},
};

#define POSITION_MAX (INT64_C(1) << 53) /* what every client can count to */

static bool read_position(struct text text, int64_t *position)
{
    return text_to_integer(text, position) && *position >= 0 && *position <= POSITION_MAX;
}

/* Behind which event to go on; -1: none is named. The header is the later news: a client that comes again
 * sends it. */
static bool read_last_event(struct call *call, int64_t *after)
{
    struct error *error = &call->work.error;
    struct text header = request_header(call->request, TEXT("Last-Event-ID"));
    *after = -1;
    if (header.length > 0)
        return read_position(header, after) || fail(error, ERROR_malformed_header, "Last-Event-ID");
    if (call->queried[0].length == 0 || read_position(call->queried[0], after))
        return true;
    fail(error, ERROR_invalid_query, "");
    return fail_at(error, "last_event_id", ERROR_malformed_value, "%s", types[TYPE_integer].article);
}

static bool listen_to_events(struct call *call)
{
    int64_t after;
    const struct stream *stream;
    return read_last_event(call, &after) && feed_listen(&call->work, after, &call->response->body, &stream)
        && answer_stream(call, stream);
}

static bool watch_job(struct call *call)
{
    struct job job;
    const struct stream *stream;
    return store_find(&call->work, &jobs_table, call->parameters[0], job.cells)
        && feed_watch_job(&call->work, job.id.text, &call->response->body, &stream)
        && answer_stream(call, stream);
}

const struct route event_routes[] = {
    { METHOD_GET, "/events", "listen_to_events", COST_QUERY, SIGNED_IN | MACHINE, .scope = "events",
      .in_anothers_name = true, .handle = listen_to_events, .how = GIVES_STREAM, .parameters = resumed,
      .codes = { ERROR_invalid_query, ERROR_too_many_streams, ERROR_overloaded },
      .doc = "What happens, from now on or behind Last-Event-ID: type, entity_type, entity_id, revision and "
             "tenant_id, never content. Who has heard of a change is answered by the same node as after it. "
             "The event `reload` says that the events in between are kept no more." },
    { METHOD_GET, "/jobs/{id}/events", "listen_to_job", COST_QUERY, SIGNED_IN, .handle = watch_job,
      .how = GIVES_STREAM, .codes = { ERROR_not_found, ERROR_too_many_streams, ERROR_overloaded },
      .doc =
          "One job as it is now and whenever it changes (event `job`), until it has ended (event `end`)." },
    {},
};
