#include "hosting/host_trial.h"
#include "crypto/seal.h"
#include "hosting/host.h"
#include "record/store.h"
#include "record/transact.h"

struct text host_url_place(struct arena *arena, struct text host_id)
{
    return arena_format(arena, "database_hosts.admin_url_encrypted:%.*s", TEXT_ARG(host_id));
}

bool host_try(struct work *work, const struct host_facts *facts, const char *pointer, struct host **host)
{
    const struct host_driver *driver = work->site->hosting->driver;
    struct error error = {};
    struct hosting_call call = hosting_call_of(work);
    call.error = &error;
    if (!host_create(host, driver, facts, &error))
        return fail_at(&work->error, pointer, ERROR_malformed, "");
    call.host = *host;
    return (driver->establish(*host, &error) && driver->check(&call))
        || fail_at(&work->error, pointer, ERROR_unreachable, "%.*s", ABOUT_MAX - 1, error.about);
}

static bool identify(struct work *work, struct host *host, struct text *identity)
{
    struct error ignored = {};
    struct hosting_call call = hosting_call_of(work);
    call.error = &ignored;
    call.host = host;
    return work->site->hosting->driver->identify(&call, identity);
}

bool host_refuse_second_name(struct work *work, struct host *added)
{
    struct result names;
    struct text identity, other;
    if (!identify(work, added, &identity))
        return true;
    if (!db_run(work->db, work->arena, &names, &work->error,
                "SELECT id, name FROM database_hosts ORDER BY name", NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < names.row_count; i++) {
        [[gnu::cleanup(host_release)]] struct host *host = NULL;
        struct error ignored = {};
        const struct value *row = result_row(&names, i);
        if (hosts_take(work->site->hosting, row[0].text, &host, &ignored) && identify(work, host, &other)
            && text_equal(identity, other))
            return fail(&work->error, ERROR_conflict, "that is where the host %.*s is already",
                        TEXT_ARG(row[1].text));
    }
    return true;
}

/* A way to another server would lose those that are on this one. */
static bool has_its_databases(struct work *work, const struct database_host *row, struct host *host)
{
    struct hosting_call call = hosting_call_of(work);
    struct place_list list = {};
    struct result names;
    size_t found = 0;
    call.host = host;
    if (!work->site->hosting->driver->list_databases(&call, &list)
        || !db_run(work->db, work->arena, &names, &work->error,
                   "SELECT db_name FROM tenants WHERE database_host_id = $1 "
                   "AND provisioning_status = 'completed' AND deleted_at IS NULL",
                   PARAMETERS(row->id)))
        return false;
    for (size_t i = 0; i < names.row_count; i++)
        for (size_t k = 0; k < list.count; k++)
            found += text_equal(list.names[k], result_row(&names, i)->text);
    return found == names.row_count
        || fail_at(&work->error, "/admin_url", ERROR_rule_broken, "%zu of its %zu databases are not there",
                   names.row_count - found, names.row_count);
}

struct administration {
    struct database_host *row;
    struct text url;
};

static bool write_administrator(struct work *work, void *data)
{
    const struct administration *administration = data;
    struct database_host *row = administration->row;
    const struct database_host changes = {
        .admin_url_encrypted = value_text(seal(work->arena, work->site->keyring, administration->url,
                                               host_url_place(work->arena, row->id.text))),
    };
    return store_find_by(work, &database_hosts_table, "id", row->id, true, row->cells)
        && store_update(work, &database_hosts_table, row->cells, changes.cells, row->cells);
}

bool host_set_administrator(struct work *work, struct database_host *row, struct text url)
{
    [[gnu::cleanup(host_release)]] struct host *host = NULL;
    const struct host_facts facts = { .url = url };
    if (hosting_engine(work->site->hosting) == ENGINE_SQLITE)
        return fail_at(&work->error, "/admin_url", ERROR_not_settable, "");
    if (text_equal(row->name.text, work->site->hosting->stated.name))
        return fail(&work->error, ERROR_conflict, "the options state this host");
    return host_try(work, &facts, "/admin_url", &host) && has_its_databases(work, row, host)
        && db_transact(work, write_administrator, &(struct administration){ row, url });
}
