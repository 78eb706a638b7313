#include "base/memory.h"
#include "hosting/host.h"
#include "settings/options.h"
#include <stdlib.h>

bool hosting_create(struct hosting **out, const struct options *options, const struct keyring *keyring,
                    struct error *error)
{
    bool on_postgres =
        *option_string(options, OPTION_tenant_database_url) || *option_string(options, OPTION_database);
    struct hosting *hosting = memory_new(struct hosting);
    hosting->host = on_postgres ? &host_postgres : &host_sqlite;
    hosting->keyring = keyring;
    hosting->arena = arena_create();
    if (!schema_folder_open(&hosting->schema, option_string(options, OPTION_tenant_schema),
                            hosting->host->engine, error)
        || !hosting->host->open(hosting, options, error)) {
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
    db_close(atomic_load(&hosting->kept));
    schema_folder_close(hosting->schema);
    arena_destroy(hosting->arena);
    free(hosting);
}

enum engine hosting_engine(const struct hosting *hosting)
{
    return hosting->host->engine;
}

void hosting_address(const struct hosting *hosting, struct text *host, int64_t *port)
{
    *host = hosting->address;
    *port = hosting->port;
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
    return (struct hosting_call){ hosting, hosting_schema(hosting), work->arena, &work->error, work->now };
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

static bool check(struct hosting_call *call, const struct tenant_place *place)
{
    return place_is_named_well(place->name)
        || fail(call->error, ERROR_internal, "no name of a tenant's database: %.*s", TEXT_ARG(place->name));
}

bool hosting_make_role(struct hosting_call *call, const struct tenant_place *place)
{
    return check(call, place) && call->hosting->host->make_role(call, place);
}

bool hosting_make_database(struct hosting_call *call, const struct tenant_place *place)
{
    return check(call, place) && call->hosting->host->make_database(call, place);
}

bool hosting_migrate(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return check(call, place) && call->hosting->host->connect(call, place, &db)
        && tenant_schema_apply(call->schema, db, call->arena, call->now, call->error);
}

bool hosting_verify(struct hosting_call *call, const struct tenant_place *place)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return check(call, place) && call->hosting->host->connect(call, place, &db)
        && tenant_schema_verify(call->schema, db, call->arena, call->error);
}

bool hosting_enter(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    return check(call, place) && call->hosting->host->enter(call, place, db);
}

bool hosting_set_access(struct hosting_call *call, const struct tenant_place *place)
{
    return check(call, place) && call->hosting->host->set_access(call, place);
}

bool hosting_drop(struct hosting_call *call, const struct tenant_place *place)
{
    return check(call, place) && call->hosting->host->drop(call, place);
}

bool hosting_list_databases(struct hosting_call *call, struct place_list *list)
{
    *list = (struct place_list){};
    return call->hosting->host->list_databases(call, list);
}

bool hosting_list_roles(struct hosting_call *call, struct place_list *list)
{
    *list = (struct place_list){};
    return call->hosting->host->list_roles(call, list);
}

bool hosting_find_weaknesses(struct hosting_call *call, struct text *found)
{
    *found = TEXT("");
    return call->hosting->host->find_weaknesses(call, found);
}

const char *hosting_dump_name(const struct hosting *hosting, enum dump_form form)
{
    return hosting->host->dump_names[form];
}

bool hosting_dump(struct hosting_call *call, const struct tenant_place *place, enum dump_form form,
                  const char *path, const struct copy_watch *watch, struct table_sums *sums)
{
    return check(call, place) && call->hosting->host->dump(call, place, form, path, watch, sums);
}

bool hosting_load(struct hosting_call *call, const struct tenant_place *place, const char *path,
                  const struct copy_watch *watch)
{
    return check(call, place) && call->hosting->host->load(call, place, path, watch);
}

bool hosting_sum(struct hosting_call *call, const struct tenant_place *place, struct table_sums *sums)
{
    return check(call, place) && call->hosting->host->sum(call, place, sums);
}
