#include "hosting/host_health.h"
#include "base/calendar.h"
#include "hosting/hosting.h"
#include "hosting/pool.h"
#include "record/row.h"
#include "record/sql_text.h"
#include "record/store.h"
#include "record/transact.h"

enum { CHECK_SECONDS = 20, FILL_SECONDS = 10, NOTE_MS = 10 * MINUTE_MS };

bool host_set_status(struct work *work, const struct database_host *host, enum host_status status,
                     struct database_host *after)
{
    const struct database_host changes = { .status = value_text(host_status_choices.texts[status]) };
    return store_update(work, &database_hosts_table, host->cells, changes.cells, after->cells);
}

struct answer {
    struct database_host before, changes, after;
};

static bool note(struct work *work, void *data)
{
    struct answer *answer = data;
    return store_update(work, &database_hosts_table, answer->before.cells, answer->changes.cells,
                        answer->after.cells);
}

static struct answer ask(struct work *work, const struct database_host *host)
{
    struct error why = {};
    struct hosting_call call = hosting_call_of(work);
    int64_t latency_ms;
    call.error = &why;
    bool healthy = hosting_check(&call, host->id.text, &latency_ms);
    return (struct answer){
        .before = *host,
        .changes = { .is_healthy = value_boolean(healthy),
                     .checked_at = value_time(work->now),
                     .latency_ms = healthy ? value_integer(latency_ms) : value_null(),
                     .last_error =
                         healthy ? value_null() : value_text(arena_copy(work->arena, text_from(why.about))) },
    };
}

/* Over what was changed while it was asked, by the look of every now and then perhaps. */
static bool note_anew(struct work *work, void *data)
{
    struct answer *answer = data;
    return store_find_by(work, &database_hosts_table, "id", answer->before.id, true, answer->before.cells)
        && note(work, data);
}

bool host_check(struct work *work, struct database_host *host)
{
    struct answer answer = ask(work, host);
    if (!db_transact(work, note_anew, &answer))
        return false;
    *host = answer.after;
    return true;
}

/* Its health has turned, or what stands of it is old. */
static bool is_news(const struct answer *answer, int64_t now)
{
    return value_is_true(answer->before.is_healthy) != value_is_true(answer->changes.is_healthy)
        || cell_integer(answer->before.checked_at) + NOTE_MS <= now;
}

/* One that is changed meanwhile is asked again the next time. */
static bool check_one(struct work *work, const struct database_host *host)
{
    struct answer answer = ask(work, host);
    if (!is_news(&answer, work->now) || db_transact(work, note, &answer))
        return true;
    if (work->error.code != ERROR_changed_meanwhile)
        return false;
    error_clear(&work->error);
    return true;
}

static bool check_hosts(struct work *work)
{
    struct sql_text sql;
    struct result result;
    sql_begin(&sql, work->arena);
    sql_select(&sql, &database_hosts_table);
    sql_add(&sql, " WHERE status <> 'offline' ORDER BY name");
    if (!sql_run(work, &sql, &result))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        struct database_host host;
        row_read(&database_hosts_table, result_row(&result, i), host.cells);
        if (!check_one(work, &host))
            return false;
    }
    return true;
}

const struct periodic hosting_periodics[] = {
    { .name = "check_hosts", .every_seconds = CHECK_SECONDS, .run = check_hosts },
    { .name = "fill_pools", .every_seconds = FILL_SECONDS, .run = pools_fill },
    {},
};
