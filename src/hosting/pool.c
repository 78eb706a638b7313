#include "hosting/pool.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "hosting/place.h"
#include "record/row.h"
#include "record/sql_text.h"
#include "record/store.h"
#include "record/transact.h"

enum { PASSWORD_BYTES = 32, MADE_AT_ONCE_MAX = 20, CONNECTIONS = 10 /* until a tenant's plan says */ };

/* Where the sealed password stands while nobody owns the database. */
static struct text pool_place(struct arena *arena, struct text id)
{
    return arena_format(arena, "pooled_databases.db_password_encrypted:%.*s", TEXT_ARG(id));
}

static bool place_of_pooled(struct work *work, const struct pooled_database *pooled,
                            struct tenant_place *place)
{
    *place = (struct tenant_place){
        .host_id = pooled->database_host_id.text,
        .name = pooled->db_name.text,
        .connections_max = CONNECTIONS,
        .access = ACCESS_full,
    };
    return unseal(work->arena, work->site->keyring, pooled->db_password_encrypted.text,
                  pool_place(work->arena, pooled->id.text), &place->password, &work->error);
}

/* ---- Taken over ---- */

/* The emptiest host first, as new databases are placed. */
static const char claim[] =
    "DELETE FROM pooled_databases WHERE id = (SELECT id FROM pooled_databases p WHERE status = 'ready' "
    "AND schema_fingerprint = $1 AND EXISTS (SELECT 1 FROM database_hosts h WHERE h.id = p.database_host_id "
    "AND h.status = 'active' AND h.is_healthy AND (CAST($2 AS text) IS NULL OR h.region = $2)) "
    "ORDER BY (SELECT h.database_count * 1000000 / h.weight FROM database_hosts h "
    "WHERE h.id = p.database_host_id), id LIMIT 1 {for update} {skip locked}) "
    "RETURNING id, database_host_id, db_name, db_password_encrypted, "
    "(SELECT h.host FROM database_hosts h WHERE h.id = database_host_id), "
    "(SELECT h.port FROM database_hosts h WHERE h.id = database_host_id)";

bool pool_claim(struct work *work, const struct tenant *tenant, struct tenant *changes, bool *claimed)
{
    struct text fingerprint = hosting_schema(work->site->hosting)->fingerprint, password;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, claim,
                PARAMETERS(value_text(fingerprint), tenant->region)))
        return false;
    *claimed = result.row_count > 0;
    if (!*claimed)
        return true;
    const struct value *row = result_row(&result, 0);
    if (!unseal(work->arena, work->site->keyring, row[3].text, pool_place(work->arena, row[0].text),
                &password, &work->error))
        return false;
    changes->database_host_id = row[1];
    changes->db_name = changes->db_username = row[2];
    changes->db_password_encrypted = value_text(
        seal(work->arena, work->site->keyring, password, password_place(work->arena, tenant->id.text)));
    changes->db_host = row[4];
    changes->db_port = row[5];
    return true;
}

/* ---- Filled ---- */

struct pooling {
    struct pooled_database row;
    enum pool_status status;
    struct text fingerprint;
    bool done;
};

/* In a transaction: room on its host and the row of what will be made there; not done: it is full. */
static bool begin_one(struct work *work, void *data)
{
    struct pooling *pooling = data;
    struct text id = random_uuid(work->arena, work->now);
    struct pooled_database row = {
        .id = value_text(id),
        .database_host_id = pooling->row.database_host_id,
        .db_name = value_text(place_name_of(work->arena, id)),
        .db_password_encrypted =
            value_text(seal(work->arena, work->site->keyring, random_token(work->arena, PASSWORD_BYTES),
                            pool_place(work->arena, id))),
    };
    struct placement placement;
    pooling->done = placement_take_on(work, row.database_host_id.text, &placement);
    if (!pooling->done && work->error.code == ERROR_no_host_has_room) {
        error_clear(&work->error);
        return true;
    }
    if (!pooling->done)
        return false;
    pooling->row = row;
    return store_create(work, &pooled_databases_table, pooling->row.cells);
}

/* In a transaction: only from the status that was read, so that of a claim and this one wins. */
static bool set_status(struct work *work, void *data)
{
    static const char sql[] = "UPDATE pooled_databases SET status = $1, schema_fingerprint = $2, "
                              "updated_at = $3 WHERE id = $4 AND status = $5";
    struct pooling *pooling = data;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(value_text(pool_status_choices.texts[pooling->status]),
                           value_text(pooling->fingerprint), value_time(work->now), pooling->row.id,
                           pooling->row.status)))
        return false;
    pooling->done = result.changed > 0;
    pooling->row.status = value_text(pool_status_choices.texts[pooling->status]);
    return true;
}

static bool turn(struct work *work, struct pooling *pooling, enum pool_status status)
{
    pooling->status = status;
    pooling->fingerprint = hosting_schema(work->site->hosting)->fingerprint;
    return db_transact(work, set_status, pooling);
}

static bool forget(struct work *work, void *data)
{
    const struct pooling *pooling = data;
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM pooled_databases WHERE id = $1 AND status = 'leaving'",
                  PARAMETERS(pooling->row.id))
        && (result.changed == 0 || placement_give_back(work, pooling->row.database_host_id));
}

static bool take_away(struct work *work, struct pooling *pooling)
{
    struct hosting_call call = hosting_call_of(work);
    const struct tenant_place place = { .host_id = pooling->row.database_host_id.text,
                                        .name = pooling->row.db_name.text };
    if (!is_choice(pooling->row.status, pool_status, leaving)
        && (!turn(work, pooling, pool_status_leaving) || !pooling->done))
        return work->error.code == ERROR_none;
    return hosting_drop(&call, &place) && db_transact(work, forget, pooling);
}

/* What no migration brings to the schema is of no use to anybody. */
static bool finish(struct work *work, struct pooling *pooling)
{
    struct hosting_call call = hosting_call_of(work);
    struct tenant_place place;
    if (place_of_pooled(work, &pooling->row, &place) && hosting_make_role(&call, &place)
        && hosting_make_database(&call, &place) && hosting_migrate(&call, &place)
        && hosting_verify(&call, &place))
        return turn(work, pooling, pool_status_ready);
    if (work->error.code != ERROR_conflict)
        return false;
    error_clear(&work->error);
    return take_away(work, pooling);
}

/* ---- Of one host ---- */

static bool is_outdated(struct work *work, const struct pooled_database *row)
{
    return !text_equal(cell_text(row->schema_fingerprint), hosting_schema(work->site->hosting)->fingerprint);
}

/* Those that are there: the first `wanted` are finished and kept at the schema, the others go. */
static bool tend(struct work *work, const struct result *result, int64_t wanted, int64_t *kept)
{
    *kept = 0;
    for (size_t i = 0; i < result->row_count; i++) {
        struct pooling pooling = {};
        row_read(&pooled_databases_table, result_row(result, i), pooling.row.cells);
        bool leaves = is_choice(pooling.row.status, pool_status, leaving) || *kept >= wanted;
        bool is_ready = is_choice(pooling.row.status, pool_status, ready);
        if (leaves ? !take_away(work, &pooling)
                   : is_ready && is_outdated(work, &pooling.row) && !turn(work, &pooling, pool_status_making))
            return false;
        if (!leaves && !is_choice(pooling.row.status, pool_status, ready) && !finish(work, &pooling))
            return false;
        *kept += !leaves;
    }
    return true;
}

static bool add(struct work *work, struct value host_id, int64_t count)
{
    for (int64_t i = 0; i < count && i < MADE_AT_ONCE_MAX; i++) {
        struct pooling pooling = { .row.database_host_id = host_id };
        if (!db_transact(work, begin_one, &pooling))
            return false;
        if (!pooling.done)
            return true;
        if (!finish(work, &pooling))
            return false;
    }
    return true;
}

static bool fill(struct work *work, struct value host_id, int64_t wanted)
{
    struct sql_text sql;
    struct result result;
    int64_t kept;
    sql_begin(&sql, work->arena);
    sql_select(&sql, &pooled_databases_table);
    sql_add(&sql, " WHERE database_host_id = ");
    sql_bind(&sql, host_id);
    sql_add(&sql, " ORDER BY id");
    return sql_run(work, &sql, &result) && tend(work, &result, wanted, &kept)
        && (kept >= wanted || add(work, host_id, wanted - kept));
}

/* A host that fails keeps none of the others from theirs; the last reason is the round's. */
bool pools_fill(struct work *work)
{
    static const char sql[] =
        "SELECT h.id, CASE WHEN h.status = 'active' THEN h.pool_size ELSE 0 END FROM database_hosts h "
        "WHERE h.is_healthy AND h.status <> 'offline' AND (h.pool_size > 0 OR EXISTS "
        "(SELECT 1 FROM pooled_databases p WHERE p.database_host_id = h.id)) ORDER BY h.name";
    struct result hosts;
    struct error last = {};
    if (!db_run(work->db, work->arena, &hosts, &work->error, sql, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < hosts.row_count; i++) {
        const struct value *host = result_row(&hosts, i);
        if (!fill(work, host[0], host[1].integer))
            last = work->error;
        error_clear(&work->error);
    }
    work->error = last;
    return last.code == ERROR_none;
}
