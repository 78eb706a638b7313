/* What is done about domains day by day: the proofs and certificates of the held ones are looked at again,
 * claims that were never proven are dropped. */
#include "base/pool.h"
#include "domains/certificates.h"
#include "domains/proof.h"
#include "record/site.h"
#include "record/sql_text.h"
#include "record/store.h"
#include "record/transact.h"

enum {
    BATCH = 64,       /* looked at together, by so many as: */
    LOOKING = 16,     /* each waits for others most of its time */
    BATCHES_MAX = 20, /* in one run; the rest waits for the next */
    DROPPED_MAX = 100,
};

struct visit {
    struct task task;
    const struct site *site;
    struct arena *arena;
    struct tenant_domain domain;
    struct proof proof;
    struct certificate certificate;
    bool has_certificate; /* it was looked at */
};

static void look(struct task *task, void *)
{
    struct visit *visit = (struct visit *)task;
    proof_look(visit->site, visit->arena, &visit->domain, &visit->proof);
    visit->has_certificate =
        visit->proof.outcome == PROOF_FOUND
        && certificate_of_domain(visit->site, visit->arena, visit->domain.domain.text, &visit->certificate);
}

/* All of them at once, in threads of their own: nobody else's work waits for a name server. */
static void look_at_all(struct visit *visits, size_t count)
{
    struct pool *pool =
        pool_create(&(struct pool_options){ .name = "domains", .threads = LOOKING, .queue_max = BATCH });
    for (size_t i = 0; i < count; i++)
        (void)!pool_submit(pool, &visits[i].task); /* there is room for BATCH */
    pool_destroy(pool);
}

/* Another node may have been faster, or the row may be gone. */
static bool note(struct work *work, void *data)
{
    struct visit *visit = data;
    struct tenant_domain domain;
    if (!store_find_by(work, &tenant_domains_table, "id", visit->domain.id, true, domain.cells)) {
        bool gone = work->error.code == ERROR_not_found;
        error_clear(&work->error);
        return gone;
    }
    if (!value_is_true(domain.is_verified) || cell_integer(domain.next_check_at) > work->now)
        return true;
    return proof_note(work, &domain, &visit->proof, true, &domain)
        && (!visit->has_certificate || certificate_note(work, &domain, &visit->certificate, &domain));
}

static bool read_due(struct work *work, struct arena *arena, struct visit visits[static BATCH], size_t *count)
{
    struct sql_text sql;
    struct result result;
    sql_begin(&sql, arena);
    sql_select(&sql, &tenant_domains_table);
    sql_add(&sql, " WHERE is_verified AND next_check_at <= ");
    sql_bind(&sql, value_time(work->now));
    sql_add(&sql, " ORDER BY next_check_at, id LIMIT ");
    sql_bind(&sql, value_integer(BATCH));
    if (!sql_run(work, &sql, &result))
        return false;
    *count = result.row_count;
    for (size_t i = 0; i < *count; i++) {
        visits[i] = (struct visit){ .task = { .run = look }, .site = work->site, .arena = arena_create() };
        row_read(&tenant_domains_table, result_row(&result, i), visits[i].domain.cells);
    }
    return true;
}

static bool visit_due(struct work *work, struct visit visits[static BATCH], size_t *count)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    bool noted = read_due(work, arena, visits, count);
    if (!noted || *count == 0)
        return noted;
    look_at_all(visits, *count);
    for (size_t i = 0; i < *count; i++) {
        noted = noted && db_transact(work, note, &visits[i]);
        arena_destroy(visits[i].arena);
    }
    return noted;
}

static bool check_domains(struct work *work)
{
    struct visit *visits = arena_array(work->arena, struct visit, BATCH);
    size_t count = BATCH;
    for (int batches = 0; batches < BATCHES_MAX && count == BATCH; batches++)
        if (!visit_due(work, visits, &count))
            return false;
    return true;
}

static bool drop(struct work *work, struct value id)
{
    struct tenant_domain domain;
    if (store_find_by(work, &tenant_domains_table, "id", id, true, domain.cells))
        return store_remove(work, &tenant_domains_table, domain.cells);
    return work->error.code == ERROR_not_found;
}

/* What a tenant that is gone for good held is free for others. */
static bool drop_some(struct work *work, void *)
{
    static const char idle[] =
        "SELECT id FROM tenant_domains WHERE (NOT is_verified AND claim_expires_at <= $1)"
        " OR tenant_id IN (SELECT id FROM tenants WHERE deleted_at IS NOT NULL) ORDER BY id LIMIT $2";
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, idle,
                PARAMETERS(value_time(work->now), value_integer(DROPPED_MAX))))
        return false;
    for (size_t i = 0; i < result.row_count; i++)
        if (!drop(work, result_row(&result, i)[0]))
            return false;
    return true;
}

static bool drop_claims(struct work *work)
{
    return db_transact(work, drop_some, NULL);
}

const struct periodic domains_periodics[] = {
    { .name = "check_domains", .every_seconds = 60, .run = check_domains },
    { .name = "drop_domain_claims", .every_seconds = 600, .run = drop_claims },
    {},
};
