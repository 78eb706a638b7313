#include "record/sealed_anew.h"
#include "crypto/seal.h"
#include "model/table.h"
#include "record/sealed.h"
#include "record/site.h"
#include "record/sql_text.h"
#include "record/transact.h"

enum { PIECES_MAX = 10 }; /* in one run: who calls has other things to do as well */

/* One piece, its values as they are to be; empty: stays. */
struct renewal {
    const struct sealed_piece *piece;
    struct text fresh[SEALED_PIECE_ROWS];
    size_t count;
};

/* Opened again before it takes the place of what can be opened. */
static bool renew(struct work *work, const struct sealed_value *value, struct text *fresh)
{
    const struct keyring *keyring = work->site->keyring;
    struct text plain, again;
    struct error lost = {};
    if (!unseal(work->arena, keyring, value->sealed, value->place, &plain, &lost))
        return true;
    *fresh = seal(work->arena, keyring, plain, value->place);
    if (!unseal(work->arena, keyring, *fresh, value->place, &again, &work->error))
        return false;
    return text_equal(plain, again)
        || fail(&work->error, ERROR_internal, "sealed anew, %.*s opens as something else",
                TEXT_ARG(value->place));
}

/* Only over what was read: whoever changed it meanwhile sealed it under the key of his day. It is no change
 * of what the row says, so it has no revision, audit record or event. */
static bool write_one(struct work *work, const struct sealed_piece *piece, const struct sealed_value *value,
                      struct text fresh)
{
    struct sql_text sql;
    struct result result;
    sql_begin(&sql, work->arena);
    buffer_print(&sql.text, "UPDATE %s SET %s = ", piece->table->name, piece->column->name);
    sql_bind(&sql, value_text(fresh));
    sql_add(&sql, " WHERE id = ");
    sql_bind(&sql, value_text(value->id));
    buffer_print(&sql.text, " AND %s = ", piece->column->name);
    sql_bind(&sql, value_text(value->sealed));
    return sql_run(work, &sql, &result);
}

static bool write_piece(struct work *work, void *data)
{
    const struct renewal *renewal = data;
    const struct sealed_piece *piece = renewal->piece;
    for (size_t i = 0; i < piece->count; i++)
        if (renewal->fresh[i].length > 0 && !write_one(work, piece, &piece->values[i], renewal->fresh[i]))
            return false;
    return true;
}

static bool renew_piece(struct work *work, const struct sealed_piece *piece, void *data)
{
    int *pieces = data;
    struct renewal *renewal = arena_new(work->arena, struct renewal);
    renewal->piece = piece;
    for (size_t i = 0; i < piece->count; i++) {
        if (!renew(work, &piece->values[i], &renewal->fresh[i]))
            return false;
        renewal->count += renewal->fresh[i].length > 0;
    }
    if (renewal->count == 0) /* all of them lost */
        return true;
    return db_transact(work, write_piece, renewal) && ++*pieces < PIECES_MAX;
}

bool sealed_anew(struct work *work)
{
    const struct keyring *keyring = work->site->keyring;
    int pieces = 0;
    if (keyring_count(keyring, KEY_SEAL) == 1)
        return true;
    const struct sealed_walk walk = {
        .but = seal_head(work->arena, keyring),
        .visit = renew_piece,
        .data = &pieces,
    };
    return sealed_visit(work, &walk) || work->error.code == ERROR_none;
}
