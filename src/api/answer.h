/* What handlers answer with, beyond what route.h gives to all. */
#pragma once
#include "api/route.h"
#include "record/expansion.h"
#include "record/store.h"

/* Server-Sent Events: begun in the response's body, gone on with by the stream. */
bool answer_stream(struct call *call, const struct stream *stream);
/* `expansions`: rows in the place of references; NULL: none. */
bool answer_page(struct call *call, const struct query *query, const struct page *page,
                 const struct expansions *expansions);
bool answer_columns(struct call *call, const struct table *table, const struct value *cells,
                    const struct column_set *columns, const struct expansions *expansions);

/* If-Match against the row's revision: `changed_meanwhile` (412) where it differs. No header: true. */
[[nodiscard]] bool answer_check_match(struct call *call, const struct table *table,
                                      const struct value *cells);

/* The problem of call->work.error (RFC 9457), in the asker's language, in place of whatever was answered so
 * far. */
void answer_problem(struct call *call);
/* The same for a request that could not be read: no call yet. */
void answer_refusal(struct response *response, int status, const char *why, struct text request_id);
/* What stands on every answer: nothing is to be sniffed, framed, run or kept. */
void answer_common_headers(struct response *response, struct text request_id);
int problem_status(enum error_kind kind);
