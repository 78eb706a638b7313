#include "base/clock.h"
#include "base/memory.h"
#include "hosting/host.h"
#include "settings/options.h"
#include <stdlib.h>

/* The URL of the options wins over the folder: then the databases are on PostgreSQL, wherever this program
 * has its own. */
static struct text url_of(const struct options *options)
{
    const char *url = option_string(options, OPTION_tenant_database_url);
    return text_from(*url ? url : option_string(options, OPTION_database));
}

/* The host that the options state: known before any row is, and until its row has been read. */
static bool begin_with_stated(struct hosting *hosting, struct error *error)
{
    struct host *host = NULL;
    bool made = host_create(&host, hosting->driver, &hosting->stated, error)
             && hosting->driver->establish(host, error);
    host_release(&host);
    if (made)
        hosts_set(hosting, reading_begin(&hosting->readings), &hosting->stated, 1);
    return made;
}

static void read_stated(struct hosting *hosting, const struct options *options)
{
    struct text url = url_of(options);
    hosting->driver = url.length > 0 ? &host_postgres : &host_sqlite;
    hosting->stated = (struct host_facts){
        .name = TEXT("default"),
        .url = arena_copy(hosting->arena, url),
        .folder = hosting->driver->folder_of(hosting->arena, options),
    };
}

bool hosting_create(struct hosting **out, const struct options *options, const struct keyring *keyring,
                    struct error *error)
{
    struct hosting *hosting = memory_new(struct hosting);
    hosting->keyring = keyring;
    hosting->arena = arena_create();
    pthread_mutex_init(&hosting->mutex, NULL);
    read_stated(hosting, options);
    if (!schema_folder_open(&hosting->schema, option_string(options, OPTION_tenant_schema),
                            hosting->driver->engine, error)
        || !begin_with_stated(hosting, error)) {
        hosting_destroy(hosting);
        return false;
    }
    *out = hosting;
    return true;
}

void hosting_destroy(struct hosting *hosting)
{
    if (!hosting)
        return;
    hosts_set(hosting, reading_begin(&hosting->readings), NULL, 0);
    free(hosting->hosts);
    pthread_mutex_destroy(&hosting->mutex);
    schema_folder_close(hosting->schema);
    arena_destroy(hosting->arena);
    free(hosting);
}

enum engine hosting_engine(const struct hosting *hosting)
{
    return hosting->driver->engine;
}

bool hosting_reread_schema(struct hosting *hosting, struct error *error)
{
    return schema_folder_reread(hosting->schema, error);
}

bool hosting_read_schema(const struct hosting *hosting, struct tenant_schema *schema, struct arena *arena,
                         struct error *error)
{
    return schema_folder_look(hosting->schema, schema, arena, error);
}

const struct tenant_schema *hosting_schema(const struct hosting *hosting)
{
    return schema_folder_newest(hosting->schema);
}

struct hosting_call hosting_call_of(struct work *work)
{
    struct hosting *hosting = work->site->hosting;
    return (
        struct hosting_call){ hosting, hosting_schema(hosting), work->arena, &work->error, work->now, NULL };
}

/* The names stand in statements that take no parameters, and in paths. */
bool place_is_named_well(struct text name)
{
    return name.length == PLACE_NAME_LENGTH && text_starts(name, TEXT("tenant_"))
        && text_consists_of(text_slice(name, sizeof "tenant_" - 1, name.length), "0123456789abcdef");
}

void place_list_add(struct place_list *list, struct arena *arena, struct text name)
{
    list->names = arena_extend(arena, list->names, sizeof *list->names, list->count, &list->capacity);
    list->names[list->count++] = arena_copy(arena, name);
}

void place_sizes_add(struct place_sizes *sizes, struct arena *arena, struct text name, int64_t bytes)
{
    sizes->list = arena_extend(arena, sizes->list, sizeof *sizes->list, sizes->count, &sizes->capacity);
    sizes->list[sizes->count++] = (struct place_size){ arena_copy(arena, name), bytes };
}

/* From here to `leave` the call is its driver's, at that host, which stays as long. */
static bool go_to(struct hosting_call *call, struct text host_id)
{
    return hosts_take(call->hosting, host_id, &call->host, call->error);
}

static bool go_to_place(struct hosting_call *call, const struct tenant_place *place)
{
    if (!place_is_named_well(place->name))
        return fail(call->error, ERROR_internal, "no name of a tenant's database: %.*s",
                    TEXT_ARG(place->name));
    return go_to(call, place->host_id);
}

static void leave(struct hosting_call *call)
{
    host_release(&call->host);
}

bool hosting_make_role(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->make_role(&there, place);
}

bool hosting_make_database(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->make_database(&there, place);
}

static bool connect(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->connect(&there, place, db);
}

bool hosting_migrate(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return connect(call, place, &db)
        && tenant_schema_apply(call->schema, db, call->arena, call->now, call->error);
}

bool hosting_verify(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return connect(call, place, &db) && tenant_schema_verify(call->schema, db, call->arena, call->error);
}

bool hosting_enter(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->enter(&there, place, db);
}

bool hosting_set_access(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->set_access(&there, place);
}

bool hosting_drop(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->drop(&there, place);
}

bool hosting_list_databases(struct hosting_call *call, struct text host_id, struct place_list *list)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    *list = (struct place_list){};
    return go_to(&there, host_id) && call->hosting->driver->list_databases(&there, list);
}

static int compare_sizes(const void *a, const void *b)
{
    return text_compare(((const struct place_size *)a)->name, ((const struct place_size *)b)->name);
}

bool hosting_measure(struct hosting_call *call, struct text host_id, struct place_sizes *sizes)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    *sizes = (struct place_sizes){};
    if (!go_to(&there, host_id) || !call->hosting->driver->measure(&there, sizes))
        return false;
    if (sizes->count > 0)
        qsort(sizes->list, sizes->count, sizeof *sizes->list, compare_sizes);
    return true;
}

bool hosting_list_roles(struct hosting_call *call, struct text host_id, struct place_list *list)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    *list = (struct place_list){};
    return go_to(&there, host_id) && call->hosting->driver->list_roles(&there, list);
}

bool hosting_find_weaknesses(struct hosting_call *call, struct text host_id, struct text *found)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    *found = TEXT("");
    return go_to(&there, host_id) && call->hosting->driver->find_weaknesses(&there, found);
}

bool hosting_check(struct hosting_call *call, struct text host_id, int64_t *latency_ms)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    int64_t begun_us = clock_monotonic_us();
    bool works = go_to(&there, host_id) && call->hosting->driver->check(&there);
    *latency_ms = (clock_monotonic_us() - begun_us) / 1000;
    return works;
}

const char *hosting_dump_name(const struct hosting *hosting, enum dump_form form)
{
    return hosting->driver->dump_names[form];
}

bool hosting_dump(struct hosting_call *call, const struct tenant_place *place, enum dump_form form,
                  const char *path, const struct copy_watch *watch, struct table_sums *sums)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->dump(&there, place, form, path, watch, sums);
}

bool hosting_load(struct hosting_call *call, const struct tenant_place *place, const char *path,
                  const struct copy_watch *watch)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->load(&there, place, path, watch);
}

bool hosting_sum(struct hosting_call *call, const struct tenant_place *place, const struct summing *summing,
                 struct table_sums *sums)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->sum(&there, place, summing, sums);
}

bool hosting_weigh(struct hosting_call *call, const struct tenant_place *place, int64_t *bytes)
{
    [[gnu::cleanup(leave)]] struct hosting_call there = *call;
    return go_to_place(&there, place) && call->hosting->driver->weigh(&there, place, bytes);
}
