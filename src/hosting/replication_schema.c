/*
 * A replication brings rows and no tables, views, indexes or functions: those come once, at its beginning.
 * What the source was made of then is remembered there, so that what was changed since is not left behind
 * unseen. Texts of one database are compared: another server may write the same thing in another way.
 */
#include "base/buffer.h"
#include "crypto/hash.h"
#include "hosting/host.h"
#include "hosting/replication_parts.h"
#include "hosting/schema_objects.h"

bool replication_sum_schema(struct hosting_call *call, struct db *db, struct text *checksum)
{
    struct schema_objects objects;
    struct buffer all = { .arena = call->arena };
    if (!schema_objects_read(db, call->arena, &objects, call->error))
        return false;
    for (size_t i = 0; i < objects.count; i++) {
        buffer_add(&all, objects.list[i].name);
        buffer_add_byte(&all, 0);
        buffer_add(&all, objects.list[i].definition);
        buffer_add_byte(&all, 0);
    }
    *checksum = sha256_hex(call->arena, all.text);
    return true;
}

bool replication_note_schema(struct hosting_call *call, const struct replication *replication,
                             struct text checksum)
{
    [[gnu::cleanup(db_cleanup)]] struct db *db = NULL;
    return replication_connect(call, replication->from, &db)
        && postgres_script(call, db, "COMMENT ON PUBLICATION {name} IS '{checksum}'",
                           BLANKS({ "name", replication_name(call, replication) }, { "checksum", checksum }));
}

bool replication_compare_schema(struct hosting_call *call, const struct replication *replication,
                                struct db *from)
{
    static const char noted[] = "SELECT obj_description(oid, 'pg_publication') FROM pg_publication"
                                " WHERE pubname = $1::name";
    struct text now;
    struct result result;
    if (!db_run(from, call->arena, &result, call->error, noted,
                PARAMETERS(value_text(replication_name(call, replication))))
        || !replication_sum_schema(call, from, &now))
        return false;
    struct text then = result.row_count > 0 ? cell_text(result.cells[0]) : TEXT("");
    return then.length == 0 || text_equal(then, now) /* an earlier version notes nothing */
        || fail(call->error, ERROR_conflict,
                "tables, views, indexes or functions were changed while it was copied: it has to be copied "
                "anew");
}

bool replication_check_schema(struct hosting_call *call, const struct replication *replication)
{
    [[gnu::cleanup(db_cleanup)]] struct db *from = NULL;
    return replication_connect(call, replication->from, &from)
        && replication_compare_schema(call, replication, from);
}
