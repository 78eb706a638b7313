/* What a tenant is about to use: taken from its month's limits, from memory or exactly. */
#include "usage/usage.h"
#include "api/call.h"
#include "model/model.h"
#include "record/site.h"

static const enum tenant_limit limits[consumed_metric_count] = {
    [consumed_metric_emails] = LIMIT_monthly_emails,
    [consumed_metric_whatsapp] = LIMIT_monthly_whatsapp,
    [consumed_metric_api_calls] = LIMIT_monthly_api_calls,
};

static enum tenant_limit limit_of(struct text metric)
{
    enum consumed_metric i = 0;
    while (i < consumed_metric_count - 1 && !text_equal(metric, consumed_metric_choices.texts[i]))
        i++;
    return limits[i];
}

/* What is to be done once whatever happens has its key in the same transaction. */
static bool is_exact(const struct call *call)
{
    const struct consumption *body = (const struct consumption *)call->taken;
    return value_is_true(body->exact) || call->idempotency_key.length > 0;
}

static bool answer(struct call *call, const struct consumption *body, const struct use_taken *taken)
{
    char month[DATE_TEXT_SIZE];
    const struct allowance allowance = {
        .metric = body->metric,
        .quantity = value_integer(taken->quantity),
        .used = value_integer(taken->used),
        .allowed = value_integer(taken->allowed),
        .remaining = value_integer(taken->used < taken->allowed ? taken->allowed - taken->used : 0),
        .month = value_text(month_print(taken->month, month)),
    };
    return answer_shape(call, &allowances_table, allowance.cells);
}

static bool consume(struct call *call)
{
    const struct consumption *body = (const struct consumption *)call->taken;
    struct directory *directory = call->work.site->directory;
    int64_t quantity = value_is_set(body->quantity) ? body->quantity.integer : 1;
    enum tenant_limit limit = limit_of(body->metric.text);
    struct use_taken taken;
    struct text id;
    {
        [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
        const struct directory_entry *entry = call_find_tenant(call);
        if (!entry)
            return false;
        if (!is_exact(call))
            return usage_consume(&call->work, entry, limit, quantity, &taken) && answer(call, body, &taken);
        id = arena_copy(call->work.arena, directory_entry_part(entry, ENTRY_id));
    }
    return usage_consume_exactly(&call->work, id, limit, quantity, &taken) && answer(call, body, &taken);
}

const struct route usage_routes[] = {
    { METHOD_POST, "/tenants/{id}/consume", "consume", COST_MEMORY, MACHINE | SUPER_ADMIN, .scope = "consume",
      .handle = consume, .writes = is_exact, .takes = &consumptions_table, .gives = &allowances_table,
      .how = GIVES_ROW,
      .codes = { ERROR_not_found, ERROR_invalid_body, ERROR_limit_reached, ERROR_service_off },
      .doc = "Take a quantity of a month's limit, or nothing: 409 limit_reached. From memory it is written "
             "half a second later: a server that is killed forgets what it answered since, and of several "
             "servers each may go over by what the others answered meanwhile. With exact, or with an "
             "Idempotency-Key, it is decided by the database and on disk when it is answered." },
    {},
};
