#include "jobs/claim.h"
#include "record/sql_text.h"
#include "record/store.h"
#include "record/transact.h"

static const struct job_program *program_of(const struct job_claimer *claimer, const struct job *job)
{
    const struct job_program *const *program = claimer->programs;
    while (*program && !text_equal(job_kind_choices.texts[(*program)->kind], job->kind.text))
        program++;
    return *program;
}

/*
 * What is due, of a kind that this node knows, and whose tenant has no other job, nor a migration, under a
 * lease. A lease that ended was a dead node's, or of a thread that could not say how its job ended.
 */
static void add_due(struct sql_text *sql, const struct work *work, const struct job_claimer *claimer)
{
    struct value now = value_time(work->now);
    sql_add(sql,
            "SELECT due.id FROM jobs AS due WHERE due.status IN ('queued', 'running') AND due.run_at <= ");
    sql_bind(sql, now);
    sql_add(sql, " AND (due.lease_until IS NULL OR due.lease_until <= ");
    sql_bind(sql, now);
    sql_add(sql, ") AND due.kind IN (");
    for (size_t i = 0; claimer->programs[i]; i++) {
        sql_add(sql, i > 0 ? ", " : "");
        sql_bind(sql, value_text(job_kind_choices.texts[claimer->programs[i]->kind]));
    }
    sql_add(sql, ") AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.tenant_id = due.tenant_id "
                 "AND other.id <> due.id AND other.lease_until > ");
    sql_bind(sql, now);
    sql_add(sql,
            ") AND NOT EXISTS (SELECT 1 FROM tenant_schemas AS held WHERE held.tenant_id = due.tenant_id "
            "AND held.lease_until > ");
    sql_bind(sql, now);
    sql_add(sql, ") ORDER BY due.run_at, due.id LIMIT 1");
}

bool job_is_due(struct work *work, const struct job_claimer *claimer, bool *due)
{
    struct sql_text sql;
    struct result result;
    sql_begin(&sql, work->arena);
    add_due(&sql, work, claimer);
    if (!sql_run(work, &sql, &result))
        return false;
    *due = result.row_count > 0;
    return true;
}

static bool take(struct work *work, const struct job_claimer *claimer, struct job *job, bool *found)
{
    struct sql_text sql;
    sql_begin(&sql, work->arena);
    sql_add(&sql, "UPDATE jobs SET status = 'running', attempts = attempts + 1, revision = revision + 1, "
                  "error = NULL, leased_by = ");
    sql_bind(&sql, value_text(claimer->name));
    sql_add(&sql, ", lease_until = ");
    sql_bind(&sql, value_time(work->now + JOB_LEASE_MS));
    sql_add(&sql, ", updated_at = ");
    sql_bind(&sql, value_time(work->now));
    sql_add(&sql, " WHERE id = (");
    add_due(&sql, work, claimer);
    sql_add(&sql, " {for update} {skip locked}) RETURNING ");
    sql_columns(&sql, &jobs_table);
    return sql_run_for_row(work, &sql, &jobs_table, job->cells, found);
}

void claim_begin_step(struct job_step *step, int64_t now)
{
    step->status = choice_value(step_status, running);
    step->attempts = value_integer(cell_integer(step->attempts) + 1);
    step->started_at = value_time(now);
    step->finished_at = value_null();
}

/* Every attempt ended with its process: whatever kills it would kill the next one too. */
static bool give_up(struct work *work, struct claimed *claimed)
{
    static const struct text why = TEXT_CONSTANT("every attempt ended with the process that made it");
    struct job changes = {
        .status = choice_value(job_status, failed),
        .error = value_text(why),
        .finished_at = value_time(work->now),
        .lease_until = value_null(),
        .leased_by = value_null(),
    };
    claimed->is_over = true;
    return store_update(work, &jobs_table, claimed->job.cells, changes.cells, claimed->job.cells)
        && (!claimed->program->failed || claimed->program->failed(work, &claimed->job, why, true));
}

struct claiming {
    const struct job_claimer *claimer;
    struct claimed *claimed;
    bool *found;
};

static bool claim(struct work *work, void *data)
{
    struct claiming *claiming = data;
    struct claimed *claimed = claiming->claimed;
    *claimed = (struct claimed){};
    /* Two jobs of one tenant must not be taken at once by two who do not yet see each other's leases. */
    if (!job_lock_claims(work) || !take(work, claiming->claimer, &claimed->job, claiming->found))
        return false;
    if (!*claiming->found)
        return true;
    claimed->program = program_of(claiming->claimer, &claimed->job);
    claimed->steps = steps_read(work->arena, claimed->program, claimed->job.steps);
    if (claimed->job.attempts.integer > claimed->job.attempts_max.integer)
        return give_up(work, claimed);
    size_t next = steps_next(&claimed->steps);
    if (next < claimed->steps.count)
        claim_begin_step(&claimed->steps.list[next], work->now);
    struct job changes = { .steps = steps_write(work->arena, &claimed->steps) };
    return store_update(work, &jobs_table, claimed->job.cells, changes.cells, claimed->job.cells);
}

bool claim_next(struct work *work, const struct job_claimer *claimer, struct claimed *claimed, bool *found)
{
    return db_transact(work, claim, &(struct claiming){ claimer, claimed, found });
}

struct letting_go {
    const struct job_claimer *claimer;
    struct text job_id;
};

static bool let_go(struct work *work, void *data)
{
    const struct letting_go *letting_go = data;
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE jobs SET lease_until = NULL, leased_by = NULL WHERE id = $1 AND leased_by = $2",
                  PARAMETERS(value_text(letting_go->job_id), value_text(letting_go->claimer->name)));
}

static bool end_leases(struct work *work, void *data)
{
    (void)data;
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE jobs SET lease_until = NULL WHERE lease_until IS NOT NULL", NO_PARAMETERS)
        && db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE tenant_schemas SET lease_until = NULL WHERE lease_until IS NOT NULL",
                  NO_PARAMETERS);
}

bool claim_end_leases(struct work *work)
{
    return db_transact(work, end_leases, NULL);
}

bool claim_let_go(struct work *work, const struct job_claimer *claimer, struct text job_id)
{
    return db_transact(work, let_go, &(struct letting_go){ claimer, job_id });
}

struct extension {
    struct text job_id, claimer_name;
};

static bool extend(struct work *work, void *data)
{
    const struct extension *extension = data;
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "UPDATE jobs SET lease_until = $1 WHERE id = $2 AND leased_by = $3",
                  PARAMETERS(value_time(work->now + JOB_LEASE_MS), value_text(extension->job_id),
                             value_text(extension->claimer_name)));
}

bool job_extend_lease(struct work *work, const struct job_claimer *claimer)
{
    struct extension extension = { .claimer_name = claimer->name };
    pthread_mutex_lock(&claimer->holding->lock);
    extension.job_id = arena_copy(work->arena, text_from(claimer->holding->job_id));
    pthread_mutex_unlock(&claimer->holding->lock);
    return extension.job_id.length == 0 || db_transact(work, extend, &extension);
}
