/*
 * Drift: what somebody changed in a tenant's database beside the files. Each is compared with a database that
 * is made of the files just now, and dropped again.
 */
#include "base/random.h"
#include "crypto/hash.h"
#include "fleet/crew.h"
#include "fleet/fleet.h"
#include "fleet/migration.h"
#include "fleet/standing.h"
#include "hosting/place.h"
#include "hosting/schema_differences.h"
#include "record/document.h"
#include "record/store.h"
#include "record/transact.h"
#include "json/json.h"

enum { ATTEMPTS_MAX = 3, THREADS = 8, LINES_MAX = 50, NAME_BYTES = 6, PASSWORD_BYTES = 32 };

struct search {
    struct work *work; /* the job's */
    const struct job *job;
    struct schema_objects expected;
    struct result tenants; /* their ids */
    _Atomic size_t looked_at;
    _Atomic bool failed; /* the control plane's own database is away */
};

static struct tenant_place new_place(struct arena *arena)
{
    unsigned char bytes[NAME_BYTES];
    random_bytes(bytes, sizeof bytes);
    struct text digits = hex_encode(arena, TEXT_BYTES(bytes));
    return (struct tenant_place){
        .name = arena_format(arena, "tenant_%.*s", TEXT_ARG(digits)),
        .password = random_token(arena, PASSWORD_BYTES),
        .connections_max = 1,
        .access = ACCESS_full,
    };
}

static bool read_objects(struct hosting_call *call, const struct tenant_place *place,
                         struct schema_objects *objects)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return hosting_enter(call, place, &db) && schema_objects_read(db, call->arena, objects, call->error);
}

/* A database like any tenant's. Where it could not be dropped `nidia doctor` finds it. */
static bool read_expected(struct search *search)
{
    struct hosting_call call = hosting_call_of(search->work);
    struct tenant_place place = new_place(search->work->arena);
    bool read = hosting_make_role(&call, &place) && hosting_make_database(&call, &place)
             && hosting_migrate(&call, &place) && read_objects(&call, &place, &search->expected);
    struct error why = search->work->error;
    if (!hosting_drop(&call, &place))
        return false;
    search->work->error = why;
    return read;
}

/* One tenant, or all who have run the files that the others are compared by; who is behind is no drift. */
static bool list_tenants(struct search *search)
{
    static const char sql[] = "SELECT t.id" FLEET_TABLES "AND s.fingerprint = $1 "
                              "AND t.slug = COALESCE($2, t.slug) ORDER BY t.id";
    struct work *work = search->work;
    struct json parameters;
    if (!json_read(cell_text(search->job->parameters), work->arena, &parameters, &work->error))
        return false;
    const struct json *slug = json_member(&parameters, TEXT("tenant"));
    return db_run(work->db, work->arena, &search->tenants, &work->error, sql,
                  PARAMETERS(value_text(hosting_schema(work->site->hosting)->fingerprint),
                             slug ? value_text(slug->text) : value_null()));
}

struct finding {
    struct text tenant_id, lines;
    bool drifted;
};

static bool write_finding(struct work *work, void *data)
{
    const struct finding *finding = data;
    struct schema_entry entry, changes = {
        .drifted = value_boolean(finding->drifted),
        .drift = value_text(finding->lines),
        .drift_checked_at = value_time(work->now),
    };
    return store_find_by(work, &tenant_schemas_table, "tenant_id", value_text(finding->tenant_id), true,
                         entry.cells)
        && store_update(work, &tenant_schemas_table, entry.cells, changes.cells, entry.cells);
}

/* A database that cannot be looked at is told as one that differs: nobody knows that it does not. */
static void tell_failure(struct work *work, struct finding *finding)
{
    struct buffer json = { .arena = work->arena };
    buffer_add_byte(&json, '[');
    json_add_text(&json, arena_format(work->arena, "it cannot be looked at: %s", work->error.about));
    buffer_add_byte(&json, ']');
    finding->lines = json.text;
    finding->drifted = true;
    error_clear(&work->error);
}

static void compare(struct arena *arena, const struct schema_objects *expected,
                    const struct schema_objects *found, struct finding *finding)
{
    struct schema_differences differences = schema_objects_compare(arena, expected, found);
    finding->lines = schema_differences_write(arena, &differences, LINES_MAX);
    finding->drifted = differences.count > 0;
}

static void look(struct work *work, size_t item, void *data)
{
    struct search *search = data;
    struct finding finding = { .tenant_id = result_row(&search->tenants, item)->text };
    struct tenant tenant;
    struct tenant_place place;
    struct schema_objects found;
    if (atomic_load(&search->failed))
        return;
    if (!work->db
        || !store_find_by(work, &tenants_table, "id", value_text(finding.tenant_id), false, tenant.cells)) {
        atomic_store(&search->failed, true);
        return;
    }
    struct hosting_call call = hosting_call_of(work);
    if (place_of_tenant(work, &tenant, &place) && read_objects(&call, &place, &found))
        compare(work->arena, &search->expected, &found, &finding);
    else
        tell_failure(work, &finding);
    if (!db_transact(work, write_finding, &finding))
        atomic_store(&search->failed, true);
    atomic_fetch_add(&search->looked_at, 1);
}

static void tell_progress(void *data)
{
    struct search *search = data;
    struct job_progress progress = { (int64_t)atomic_load(&search->looked_at),
                                     (int64_t)search->tenants.row_count };
    if (!job_note_progress(search->work, search->job, &progress))
        atomic_store(&search->failed, true);
    if (atomic_load(&search->work->site->ending))
        atomic_store(&search->failed, true);
}

static bool find_drift(struct work *work, const struct job *job)
{
    struct search search = { .work = work, .job = job };
    if (!hosting_reread_schema(work->site->hosting, &work->error) || !list_tenants(&search)
        || !read_expected(&search))
        return false;
    crew_run(&(struct crew){ .site = work->site,
                             .threads = THREADS,
                             .count = search.tenants.row_count,
                             .data = &search,
                             .work_on = look,
                             .beat = tell_progress });
    tell_progress(&search);
    return !atomic_load(&search.failed)
        || fail(&work->error, ERROR_database_unavailable, "not all could be looked at");
}

const struct job_program find_drift_program = {
    .kind = job_kind_find_drift,
    .attempts_max = ATTEMPTS_MAX,
    .actions = { { "look", find_drift } },
};

bool fleet_find_drift(struct work *work, struct text slug, struct text *job_id)
{
    struct buffer parameters = { .arena = work->arena };
    struct job open;
    bool found;
    buffer_add_byte(&parameters, '{');
    if (slug.length > 0)
        json_add_named_text(&parameters, "tenant", slug);
    buffer_add_byte(&parameters, '}');
    if (!job_find_open(work, job_kind_find_drift, TEXT(""), &open, &found))
        return false;
    if (found)
        return fail(&work->error, ERROR_conflict, "drift is being looked for");
    return job_enqueue(
        work, &(struct job_request){ &find_drift_program, TEXT(""), work->now, parameters.text }, job_id);
}
