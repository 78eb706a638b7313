/* How far the target has come in following its source. */
#include "base/clock.h"
#include "hosting/copy_limit.h"
#include "hosting/host.h"
#include "hosting/replication.h"
#include "hosting/replication_parts.h"

enum { LOOK_AGAIN_MS = 20, STUCK_AFTER_MS = 60'000 };

static void leave(struct hosting_call *call)
{
    host_release(&call->host);
}

bool replication_connect(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return hosts_take(call->hosting, place->host_id, &there.host, call->error)
        && postgres_connect_to(&there, place->name, db)
        && db_run_script(*db, call->error, "SET search_path = pg_catalog");
}

struct text replication_name(struct hosting_call *call, const struct replication *replication)
{
    struct text name = replication->from->name;
    return arena_format(call->arena, "nidia_move_%.*s",
                        TEXT_ARG(text_slice(name, sizeof "tenant_" - 1, name.length)));
}

bool replication_ask(struct hosting_call *call, struct db *db, const char *sql, struct text *answer)
{
    struct result result;
    if (!db_run(db, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    *answer = result.row_count > 0 ? cell_text(result.cells[0]) : TEXT("");
    return true;
}

/* A record of our own, behind all that is written, so that there is something to arrive. */
static const char mark_end[] = "SELECT pg_logical_emit_message(true, 'nidia', 'here')::text";

/* How far the target has come; empty: it has not begun. */
static bool has_arrived(struct hosting_call *call, struct db *from, struct text name, struct text position,
                        struct text *reached, bool *arrived)
{
    static const char sql[] = "SELECT confirmed_flush_lsn::text, confirmed_flush_lsn >= $1::pg_lsn"
                              " FROM pg_replication_slots WHERE slot_name = $2::name";
    struct result result;
    if (!db_run(from, call->arena, &result, call->error, sql,
                PARAMETERS(value_text(position), value_text(name))))
        return false;
    *reached = result.row_count > 0 ? cell_text(result.cells[0]) : TEXT("");
    *arrived = result.row_count > 0 && cell_boolean(result.cells[1]);
    return true;
}

/* How many of the tables follow by now; an error of the target's would be repeated for ever. */
static bool count_tables(struct hosting_call *call, struct db *to, int64_t *ready, int64_t *all)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM pg_subscription_rel WHERE srsubstate = 'r'),"
        " (SELECT count(*) FROM pg_subscription_rel),"
        " (SELECT coalesce(sum(apply_error_count + sync_error_count), 0)::bigint FROM "
        "pg_stat_subscription_stats s"
        " JOIN pg_subscription p ON p.oid = s.subid JOIN pg_database d ON d.oid = p.subdbid"
        " WHERE d.datname = current_database())";
    struct result result;
    if (!db_run(to, call->arena, &result, call->error, sql, NO_PARAMETERS))
        return false;
    *ready = result.cells[0].integer;
    *all = result.cells[1].integer;
    return result.cells[2].integer == 0
        || fail(call->error, ERROR_conflict, "the target could not follow the source; its log says why");
}

/* What moves, as long as the target does. */
struct pace {
    int64_t ready;
    struct text reached;
    int64_t moved_us;
};

static bool is_stuck(struct pace *pace, int64_t ready, struct text reached)
{
    int64_t now_us = clock_monotonic_us();
    if (ready != pace->ready || !text_equal(reached, pace->reached))
        *pace = (struct pace){ ready, reached, now_us };
    return now_us - pace->moved_us > STUCK_AFTER_MS * INT64_C(1'000);
}

bool replication_catch_up(struct hosting_call *call, const struct replication *replication,
                          const struct copy_watch *watch)
{
    [[gnu::cleanup(db_cleanup)]] struct db *from = NULL, *to = NULL;
    struct text position, reached, name = replication_name(call, replication);
    struct pace pace = { .ready = -1 };
    int64_t ready = 0, all = 1;
    bool arrived = false;
    if (!replication_connect(call, replication->from, &from)
        || !replication_connect(call, replication->to, &to)
        || !copy_limit(watch, call->arena, from, call->error)
        || !copy_limit(watch, call->arena, to, call->error)
        || !replication_ask(call, from, mark_end, &position))
        return false;
    for (; !arrived || ready < all; clock_sleep_ms(LOOK_AGAIN_MS)) {
        if (!count_tables(call, to, &ready, &all)
            || !has_arrived(call, from, name, position, &reached, &arrived))
            return false;
        if (!copy_watch_goes_on(watch, ready, all))
            return fail(call->error, ERROR_internal, "the replication was given up");
        if (is_stuck(&pace, ready, reached) && ready == all)
            return fail(call->error, ERROR_conflict, "the target does not catch up with the source");
    }
    return true;
}

/* Rows of a table without a key are looked for at the target one by one, by all that they hold. */
static const char keyless[] =
    "SELECT ' (tables without a primary key: ' || string_agg(oid::regclass::text, ', ') || ')'"
    " FROM pg_class WHERE relkind = 'r' AND relreplident = 'f'";

bool replication_come_near(struct hosting_call *call, const struct replication *replication,
                           int64_t within_ms, const struct copy_watch *watch)
{
    [[gnu::cleanup(db_cleanup)]] struct db *from = NULL;
    struct text why;
    int64_t took_us = INT64_MAX, before_us;
    do {
        int64_t began_us = clock_monotonic_us();
        if (!replication_catch_up(call, replication, watch))
            return false;
        before_us = took_us;
        took_us = clock_monotonic_us() - began_us;
        if (took_us < within_ms * 1'000)
            return true;
    } while (took_us < before_us);
    return replication_connect(call, replication->from, &from) && replication_ask(call, from, keyless, &why)
        && fail(call->error, ERROR_conflict, "the target stays behind what is written%.*s", TEXT_ARG(why));
}
