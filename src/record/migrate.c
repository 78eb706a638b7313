#include "record/migrate.h"
#include "base/clock.h"
#include "model/model.h"
#include "record/migrate_planner.h"
#include "record/search_fill.h"

enum {
    LOCK_WAIT_MS = 50,
    LOCK_WAITS_MAX = 12'000, /* ten minutes: another node builds indexes */
    STEP_PAUSE_MS = 200,
    STEP_ATTEMPTS_MAX = 25
};

static bool is_current(const struct planner *planner)
{
    for (size_t i = 0; i < planner->objects.count; i++)
        if (!planner_is_same(planner, &planner->objects.list[i]))
            return false;
    return planner->objects.count == planner->ledger.count;
}

/* The model is noted before anything is changed: from then on no older program undoes what is half done. */
static void begin_steps(struct planner *planner, struct text model)
{
    struct buffer note = planner_buffer(planner);
    ledger_note_model(&note, &planner->ledger, model);
    if (!planner->ledger.exists)
        planner_add(planner, TEXT("create the ledger"), text_from(ledger_create), (struct text){});
    if (!ledger_is_newest(&planner->ledger, model))
        planner_add(planner, TEXT("note the model"), note.text, (struct text){});
}

static bool plan_steps(struct planner *planner)
{
    struct text model = ledger_model(planner->arena, &planner->objects);
    planner->plan.fresh = !planner->ledger.exists;
    planner->plan.older = ledger_is_older(&planner->ledger, model);
    if (planner->plan.older || is_current(planner))
        return true;
    begin_steps(planner, model);
    return planner_refuse_loss(planner)
        && (db_engine(planner->db) == ENGINE_SQLITE ? planner_plan_sqlite(planner)
                                                    : planner_plan_postgres(planner));
}

bool migrate_plan_for(struct db *db, struct arena *arena, const struct table *const *tables,
                      struct migration *plan, struct error *error)
{
    struct planner planner = { .db = db, .arena = arena, .error = error, .refused = { .arena = arena } };
    planner.objects = ddl_objects(arena, db_engine(db), tables);
    if (!ledger_read(db, arena, &planner.ledger, error))
        return false;
    if (!plan_steps(&planner))
        return false;
    planner.plan.refused = planner.refused.text;
    *plan = planner.plan;
    return true;
}

static bool run_script(struct db *db, struct text script, struct error *error)
{
    return script.length == 0 || db_run_script(db, error, script.data);
}

static bool run_step(struct db *db, const struct migration_step *step, struct error *error)
{
    return run_script(db, step->sql, error) && (!step->fill || search_fill(db, step->fill, false, error))
        && run_script(db, step->ledger, error);
}

static bool run_all(struct db *db, const struct migration *plan, struct error *error)
{
    for (size_t i = 0; i < plan->count; i++)
        if (!run_step(db, &plan->steps[i], error))
            return false;
    return true;
}

static bool plan_unrefused(struct db *db, struct arena *arena, const struct table *const *tables,
                           struct migration *plan, struct error *error)
{
    return migrate_plan_for(db, arena, tables, plan, error)
        && (plan->refused.length == 0 || fail(error, ERROR_conflict, "%.*s", TEXT_ARG(plan->refused)));
}

/* While a table is rebuilt, references are not enforced; so all of them are checked before the commit. */
static bool find_dangling(struct db *db, struct arena *arena, struct error *error)
{
    struct result result;
    if (!db_run(db, arena, &result, error, "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1",
                NO_PARAMETERS))
        return false;
    if (result.row_count == 0)
        return true;
    const struct value *row = result_row(&result, 0);
    return fail(error, ERROR_conflict, "rows of %.*s point at %.*s that are not there",
                TEXT_ARG(cell_text(row[0])), TEXT_ARG(cell_text(row[1])));
}

static bool run_in_one(struct db *db, struct arena *arena, const struct table *const *tables,
                       size_t *steps_run, struct error *error)
{
    struct migration plan;
    if (!db_begin(db, error))
        return false;
    if (plan_unrefused(db, arena, tables, &plan, error) && run_all(db, &plan, error)
        && (plan.count == 0 || find_dangling(db, arena, error)) && db_commit(db, error)) {
        *steps_run = plan.count;
        return true;
    }
    db_rollback(db);
    return false;
}

static bool run_sqlite(struct db *db, struct arena *arena, const struct table *const *tables,
                       size_t *steps_run, struct error *error)
{
    struct error ignored = {};
    bool migrated = db_run_script(db, error, "PRAGMA foreign_keys = OFF")
                 && run_in_one(db, arena, tables, steps_run, error);
    return db_run_script(db, migrated ? error : &ignored, "PRAGMA foreign_keys = ON") && migrated;
}

/* PostgreSQL. Asked for again and again rather than waited for: a waiting statement is a transaction that
 * CREATE INDEX CONCURRENTLY, run by whoever holds the lock, would wait for in its turn. */
static bool take_lock(struct db *db, struct arena *arena, struct error *error)
{
    for (int i = 0; i < LOCK_WAITS_MAX; i++) {
        struct result result;
        if (!db_run(db, arena, &result, error,
                    "SELECT pg_try_advisory_lock(hashtextextended('schema_objects', 0))", NO_PARAMETERS))
            return false;
        if (cell_boolean(result_row(&result, 0)[0]))
            return true;
        clock_sleep_ms(LOCK_WAIT_MS);
    }
    return fail(error, ERROR_overloaded, "another node has been migrating for too long");
}

static const char give_lock[] = "SELECT pg_advisory_unlock(hashtextextended('schema_objects', 0))";

/* The lock ends with the session, and a connection that was lost is made again by itself. */
static bool still_locked(struct db *db, struct arena *arena, struct error *error)
{
    struct result result;
    if (!db_run(db, arena, &result, error,
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted "
                "AND (classid::bigint << 32 | objid::bigint) = hashtextextended('schema_objects', 0)",
                NO_PARAMETERS))
        return false;
    return result.row_count > 0
        || fail(error, ERROR_database_unavailable, "the connection was lost while migrating");
}

/* A lock that old nodes' work does not give within 3 s is let go, so that nobody queues behind us, and asked
 * for again. */
static bool run_guarded(struct db *db, const struct migration_step *step, struct error *error)
{
    for (int attempt = 1;; attempt++) {
        error_clear(error);
        if (db_begin(db, error)
            && db_run_script(db, error, "SET LOCAL lock_timeout = '3s'; SET LOCAL statement_timeout = 0")
            && run_script(db, step->sql, error) && run_script(db, step->ledger, error)
            && db_commit(db, error))
            return true;
        bool again = db_may_retry(db) && db_fault(db)->failure != DB_FAILURE_LOST;
        db_rollback(db);
        if (!again || attempt == STEP_ATTEMPTS_MAX)
            return false;
        clock_sleep_ms(STEP_PAUSE_MS);
    }
}

static const char lift_timeout[] =
    "SELECT set_config('nidia.statement_timeout', current_setting('statement_timeout'), false);"
    "SET statement_timeout = 0";
static const char put_timeout_back[] =
    "SELECT set_config('statement_timeout', current_setting('nidia.statement_timeout'), false)";

static bool run_unguarded(struct db *db, const struct migration_step *step, struct error *error)
{
    struct error ignored = {};
    bool built = db_run_script(db, error, lift_timeout) && db_run_script(db, error, step->sql.data);
    return db_run_script(db, built ? error : &ignored, put_timeout_back) && built;
}

static bool run_alone(struct db *db, const struct migration_step *step, struct error *error)
{
    if (step->outside_transaction)
        return run_unguarded(db, step, error);
    return (!step->fill || search_fill(db, step->fill, true, error)) && run_guarded(db, step, error);
}

static bool run_one_by_one(struct db *db, struct arena *arena, const struct migration *plan,
                           struct error *error)
{
    for (size_t i = 0; i < plan->count; i++)
        if (!still_locked(db, arena, error) || !run_alone(db, &plan->steps[i], error))
            return false;
    return true;
}

static bool run_fresh(struct db *db, const struct migration *plan, struct error *error)
{
    if (db_begin(db, error) && run_all(db, plan, error) && db_commit(db, error))
        return true;
    db_rollback(db);
    return false;
}

static bool run_postgres(struct db *db, struct arena *arena, const struct table *const *tables,
                         size_t *steps_run, struct error *error)
{
    struct migration plan;
    struct error ignored = {};
    if (!take_lock(db, arena, error))
        return false;
    bool migrated = plan_unrefused(db, arena, tables, &plan, error)
                 && (plan.fresh ? run_fresh(db, &plan, error) : run_one_by_one(db, arena, &plan, error));
    if (migrated)
        *steps_run = plan.count;
    return db_run_script(db, migrated ? error : &ignored, give_lock) && migrated;
}

bool migrate_run_for(struct db *db, struct arena *arena, const struct table *const *tables, size_t *steps_run,
                     struct error *error)
{
    return db_engine(db) == ENGINE_SQLITE ? run_sqlite(db, arena, tables, steps_run, error)
                                          : run_postgres(db, arena, tables, steps_run, error);
}

bool migrate_plan(struct db *db, struct arena *arena, struct migration *plan, struct error *error)
{
    return migrate_plan_for(db, arena, all_tables, plan, error);
}

bool migrate_run(struct db *db, struct arena *arena, size_t *steps_run, struct error *error)
{
    return migrate_run_for(db, arena, all_tables, steps_run, error);
}
