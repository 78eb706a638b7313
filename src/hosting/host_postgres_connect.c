/* Connections to the PostgreSQL server of the tenants' databases: whose, and to which of them. */
#include "base/buffer.h"
#include "hosting/host.h"
#include "sql/driver.h"
#include <libpq-fe.h>

enum { DEFAULT_PORT = 5432 };

static void free_options(PQconninfoOption **options)
{
    PQconninfoFree(*options);
}

/* Says nothing of what it was given: there is a password in it. */
static bool refuse(struct error *error, const char *why)
{
    return fail(error, ERROR_malformed_value, "a URL of a PostgreSQL server (%s)", why);
}

bool postgres_open(struct host *host, struct error *error)
{
    const char *url = arena_string(host->arena, host->facts.url);
    if (host->facts.url.length == 0)
        return refuse(error, "there is none");
    host->address = TEXT("localhost");
    host->port = DEFAULT_PORT;
    [[gnu::cleanup(free_options)]] PQconninfoOption *parts = PQconninfoParse(url, NULL);
    if (!parts)
        return refuse(error, "it cannot be read");
    for (const PQconninfoOption *part = parts; part->keyword; part++) {
        if (part->val && text_is(text_from(part->keyword), "host"))
            host->address = arena_copy(host->arena, text_from(part->val));
        if (part->val && text_is(text_from(part->keyword), "port")
            && !text_to_integer(text_from(part->val), &host->port))
            return refuse(error, "it has no one port");
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
    [[gnu::cleanup(free_options)]] PQconninfoOption *parts =
        PQconninfoParse(arena_string(call->arena, call->host->facts.url), NULL);
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
    administrator->host = call->host;
    administrator->db = atomic_exchange(&call->host->kept, NULL);
    return administrator->db
        || postgres_connect(&administrator->db, arena_string(call->arena, call->host->facts.url),
                            call->error);
}

void administrator_end(struct administrator *administrator)
{
    struct db *nobody = NULL;
    if (administrator->db
        && !atomic_compare_exchange_strong(&administrator->host->kept, &nobody, administrator->db))
        db_close(administrator->db);
}
