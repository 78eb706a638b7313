/* The program about itself: alive, ready, its figures, its contract. */
#include "api/call.h"
#include "api/figures.h"
#include "api/openapi.h"

static bool alive(struct call *call)
{
    return answer_text(call, TEXT("{\"status\":\"alive\"}"));
}

/* Ready: the database answers. Otherwise 503, naming what is missing. */
static bool ready(struct call *call)
{
    struct work *work = &call->work;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, "SELECT count(*) FROM plans", NO_PARAMETERS)) {
        fail(&work->error, ERROR_database_unavailable, "");
        return false;
    }
    return answer_text(call, TEXT("{\"status\":\"ready\",\"database\":\"ok\"}"));
}

static bool metrics(struct call *call)
{
    struct buffer text = { .arena = call->work.arena };
    figures_print(call->state->seat->gate->figures, &text);
    return answer_text(call, text.text);
}

static bool openapi(struct call *call)
{
    return answer_text(call, openapi_text(call->state->seat->gate->openapi));
}

const struct route system_routes[] = {
    { METHOD_GET, "/livez", "get_livez", COST_MEMORY, ANYBODY, .handle = alive, .how = GIVES_TEXT,
      .gives_type = "application/json; charset=utf-8", .root = true, .internal = true, .no_quota = true,
      .doc = "The program runs." },
    { METHOD_GET, "/readyz", "get_readyz", COST_QUERY, ANYBODY, .handle = ready, .how = GIVES_TEXT,
      .gives_type = "application/json; charset=utf-8", .root = true, .internal = true, .no_quota = true,
      .codes = { ERROR_database_unavailable }, .doc = "The program can serve; if not, what is missing." },
    { METHOD_GET, "/metrics", "get_metrics", COST_MEMORY, SUPER_ADMIN | MACHINE, .scope = "metrics",
      .handle = metrics, .how = GIVES_TEXT, .gives_type = "text/plain; version=0.0.4; charset=utf-8",
      .root = true, .internal = true, .no_quota = true, .doc = "Figures for Prometheus." },
    { METHOD_GET, "/openapi.json", "get_openapi", COST_MEMORY, ANYBODY, .handle = openapi, .how = GIVES_TEXT,
      .gives_type = "application/json; charset=utf-8", .root = true, .no_quota = true,
      .doc = "This document." },
    {},
};
