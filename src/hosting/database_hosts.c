#include "hosting/database_hosts.h"
#include "base/random.h"
#include "crypto/seal.h"
#include "hosting/host.h"
#include "hosting/host_trial.h"
#include "model/model.h"
#include "record/store.h"

/* ---- In memory ---- */

/* Of a row of id, name, folder and sealed URL. What no key opens stays unknown here: `nidia doctor` tells. */
static bool read_facts(struct work *work, const struct value *row, struct host_facts *facts)
{
    struct hosting *hosting = work->site->hosting;
    struct error ignored = {};
    if (text_equal(row[1].text, hosting->stated.name)) {
        *facts = hosting->stated;
        facts->id = row[0].text;
        return true;
    }
    *facts = (struct host_facts){ .id = row[0].text, .name = row[1].text, .folder = cell_text(row[2]) };
    return hosting->driver->engine == ENGINE_SQLITE
        || unseal(work->arena, work->site->keyring, cell_text(row[3]),
                  host_url_place(work->arena, row[0].text), &facts->url, &ignored);
}

bool hosts_load(struct work *work)
{
    static const char sql[] =
        "SELECT id, name, folder, admin_url_encrypted FROM database_hosts ORDER BY name";
    struct hosting *hosting = work->site->hosting;
    uint64_t reading = reading_begin(&hosting->readings);
    struct result result;
    size_t count = 0;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS))
        return false;
    struct host_facts *facts = arena_array(work->arena, struct host_facts, result.row_count + 1);
    bool has_stated = false;
    for (size_t i = 0; i < result.row_count; i++) {
        has_stated |= text_equal(result_row(&result, i)[1].text, hosting->stated.name);
        count += read_facts(work, result_row(&result, i), &facts[count]);
    }
    if (!has_stated) /* its row is not made yet */
        facts[count++] = hosting->stated;
    hosts_set(hosting, reading, facts, count);
    return true;
}

/* All of them: they are few. */
static bool changed(struct work *work, struct text)
{
    return hosts_load(work);
}

const struct watcher hosting_watchers[] = { { &database_hosts_table, changed }, {} };

/* ---- The host that the options state ---- */

static bool write_stated(struct work *work, struct database_host *row, bool *is_new)
{
    struct hosting *hosting = work->site->hosting;
    struct host *host;
    if (!hosts_take(hosting, TEXT(""), &host, &work->error))
        return false;
    struct database_host changes = {
        .host = value_text_or_null(arena_copy(work->arena, host->address)),
        .port = host->address.length > 0 ? value_integer(host->port) : value_null(),
        .folder = value_text_or_null(hosting->stated.folder),
    };
    host_release(&host);
    *is_new = !store_find_by(work, &database_hosts_table, "name", value_text(hosting->stated.name), true,
                             row->cells);
    if (!*is_new)
        return store_update(work, &database_hosts_table, row->cells, changes.cells, row->cells);
    if (work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    *row = changes;
    row->name = value_text(hosting->stated.name);
    return store_create(work, &database_hosts_table, row->cells);
}

/*
 * What was made before there were hosts is at the one that the options state; later only what an older node
 * made while this program was started beside it.
 */
static bool adopt(struct work *work, const struct database_host *row, bool is_new)
{
    static const char adopt_tenants[] =
        "UPDATE tenants SET database_host_id = $1 WHERE database_host_id IS NULL"
        " AND (deleted_at IS NULL OR EXISTS (SELECT 1 FROM jobs j WHERE j.tenant_id = tenants.id"
        " AND j.kind = 'delete_tenant' AND j.status IN ('queued', 'running')))"
        " AND (provisioning_status = 'completed' OR $2)";
    static const char count_them[] =
        "UPDATE database_hosts SET database_count = database_count + $2 WHERE id = $1";
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, adopt_tenants,
                  PARAMETERS(row->id, value_boolean(is_new)))
        && (result.changed == 0
            || db_run(work->db, work->arena, &result, &work->error, count_them,
                      PARAMETERS(row->id, value_integer(result.changed))));
}

bool hosts_seed(struct work *work)
{
    struct database_host row = {};
    bool is_new;
    return db_lock(work->db, work->arena, &work->error, TEXT("database_hosts"))
        && write_stated(work, &row, &is_new) && adopt(work, &row, is_new);
}

/* ---- The service ---- */

/* Exactly one of the two says where it is, by the engine of this installation. */
static bool check_place(struct work *work, const struct database_host *row)
{
    bool on_postgres = hosting_engine(work->site->hosting) == ENGINE_POSTGRES;
    const char *wanted = on_postgres ? "/admin_url" : "/folder",
               *unwanted = on_postgres ? "/folder" : "/admin_url";
    bool has_wanted = value_is_set(on_postgres ? row->admin_url : row->folder);
    bool has_unwanted = value_is_set(on_postgres ? row->folder : row->admin_url);
    if (!has_wanted)
        (void)fail_at(&work->error, wanted, ERROR_required, "");
    if (has_unwanted)
        (void)fail_at(&work->error, unwanted, ERROR_not_settable, "");
    if (!on_postgres && (value_is_set(row->host) || value_is_set(row->port)))
        (void)fail_at(&work->error, "/host", ERROR_not_settable, "");
    if (!on_postgres && has_wanted && !text_starts(row->folder.text, TEXT("/")))
        (void)fail_at(&work->error, "/folder", ERROR_malformed, "");
    return work->error.fault_count == 0;
}

/* Trying takes its time, so it is done before the transaction. */
static bool is_tried(const struct value *)
{
    return true;
}

static bool prepare(struct work *work, struct value *cells)
{
    struct database_host *row = (struct database_host *)cells;
    [[gnu::cleanup(host_release)]] struct host *host = NULL;
    const struct host_facts facts = { .url = cell_text(row->admin_url), .folder = cell_text(row->folder) };
    if (!check_place(work, row)
        || !host_try(work, &facts, facts.url.length > 0 ? "/admin_url" : "/folder", &host)
        || !host_refuse_second_name(work, host))
        return false;
    row->id = value_text(random_uuid(work->arena, work->now));
    row->admin_url = (struct value){};
    if (facts.url.length == 0)
        return true;
    row->admin_url_encrypted = value_text(
        seal(work->arena, work->site->keyring, facts.url, host_url_place(work->arena, row->id.text)));
    if (!value_is_set(row->host))
        row->host = value_text(arena_copy(work->arena, host->address));
    if (!value_is_set(row->port))
        row->port = value_integer(host->port);
    return true;
}

static bool create(struct work *work, struct value *cells)
{
    return store_create(work, &database_hosts_table, cells);
}

/* What moves have left there would be nobody's; with a host that was given up it is gone. */
static bool refuse_kept(struct work *work, const struct database_host *row)
{
    static const char kept[] =
        "SELECT count(*) FROM tenant_moves WHERE CASE WHEN completed_at IS NULL THEN to_host_id "
        "ELSE from_host_id END = $1 AND (status = 'running' OR ($2 AND status <> 'dropped'))";
    struct result result;
    bool may_be_there = !is_choice(row->status, host_status, offline);
    if (!db_run(work->db, work->arena, &result, &work->error, kept,
                PARAMETERS(row->id, value_boolean(may_be_there))))
        return false;
    int64_t count = cell_integer(result.cells[0]);
    return count == 0
        || fail(&work->error, ERROR_conflict, "%lld databases of moved tenants are kept there",
                (long long)count);
}

static bool remove_host(struct work *work, const struct value *before)
{
    const struct database_host *row = (const struct database_host *)before;
    if (text_equal(row->name.text, work->site->hosting->stated.name))
        return fail(&work->error, ERROR_conflict, "the options state this host");
    return refuse_kept(work, row) && store_remove(work, &database_hosts_table, before);
}

const struct service hosting_services[] = {
    { .table = &database_hosts_table,
      .needed = is_tried,
      .prepare = prepare,
      .create = create,
      .remove = remove_host },
    {},
};
