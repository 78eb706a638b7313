/* Connections to the PostgreSQL server of the tenants' databases: whose, and to which of them. */
#include "hosting/host.h"
#include "settings/options.h"
#include "sql/driver.h"
#include <libpq-fe.h>

enum { DEFAULT_PORT = 5432 };

static void free_options(PQconninfoOption **options)
{
    PQconninfoFree(*options);
}

bool postgres_open(struct hosting *hosting, const struct options *options, struct error *error)
{
    const char *url = option_string(options, OPTION_tenant_database_url);
    hosting->url = *url ? url : option_string(options, OPTION_database);
    hosting->address = TEXT("localhost");
    hosting->port = DEFAULT_PORT;
    [[gnu::cleanup(free_options)]] PQconninfoOption *parts = PQconninfoParse(hosting->url, NULL);
    if (!parts)
        return fail(error, ERROR_malformed_value, "tenant_database_url is no URL of PostgreSQL");
    for (const PQconninfoOption *part = parts; part->keyword; part++) {
        if (part->val && text_is(text_from(part->keyword), "host"))
            hosting->address = arena_copy(hosting->arena, text_from(part->val));
        if (part->val && text_is(text_from(part->keyword), "port")
            && !text_to_integer(text_from(part->val), &hosting->port))
            return fail(error, ERROR_malformed_value, "tenant_database_url has no one port");
    }
    return true;
}

void postgres_add_part(struct buffer *parts, const char *keyword, struct text value)
{
    buffer_print(parts, "%s='", keyword);
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] == '\'' || value.data[i] == '\\')
            buffer_add_byte(parts, '\\');
        buffer_add_byte(parts, value.data[i]);
    }
    buffer_print(parts, "' ");
}

/* The administrator's way to the server, to another database and, if given, as somebody else. */
const char *postgres_way_to(struct hosting_call *call, struct text database, struct text user,
                            struct text password)
{
    struct buffer way = { .arena = call->arena };
    [[gnu::cleanup(free_options)]] PQconninfoOption *parts = PQconninfoParse(call->hosting->url, NULL);
    for (const PQconninfoOption *part = parts; part && part->keyword; part++) {
        struct text keyword = text_from(part->keyword);
        bool is_replaced = text_is(keyword, "dbname")
                        || (user.length > 0 && (text_is(keyword, "user") || text_is(keyword, "password")));
        if (part->val && !is_replaced)
            postgres_add_part(&way, part->keyword, text_from(part->val));
    }
    postgres_add_part(&way, "dbname", database);
    if (user.length > 0) {
        postgres_add_part(&way, "user", user);
        postgres_add_part(&way, "password", password);
    }
    return way.data;
}

bool postgres_connect_to(struct hosting_call *call, struct text database, struct db **db)
{
    return postgres_connect(db, postgres_way_to(call, database, TEXT(""), TEXT("")), call->error);
}

bool postgres_connect_as_tenant(struct hosting_call *call, const struct tenant_place *place, struct db **db)
{
    return postgres_connect(db, postgres_way_to(call, place->name, place->name, place->password),
                            call->error);
}

/* Signing in costs as much as most of what is asked then. Those who come at the same time have one of their
 * own. */
bool administrator_begin(struct hosting_call *call, struct administrator *administrator)
{
    administrator->hosting = call->hosting;
    administrator->db = atomic_exchange(&call->hosting->kept, NULL);
    return administrator->db || postgres_connect(&administrator->db, call->hosting->url, call->error);
}

void administrator_end(struct administrator *administrator)
{
    struct db *nobody = NULL;
    if (administrator->db
        && !atomic_compare_exchange_strong(&administrator->hosting->kept, &nobody, administrator->db))
        db_close(administrator->db);
}
