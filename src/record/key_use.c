#include "record/key_use.h"
#include "crypto/seal.h"
#include "model/table.h"
#include "record/sealed.h"
#include "record/site.h"
#include <stdio.h>
#include <string.h>

static struct key_use *use_of(struct work *work, struct key_uses *uses, enum key_purpose purpose,
                              struct text key_id, const char *what)
{
    for (size_t i = 0; i < uses->count; i++) {
        struct key_use *use = &uses->list[i];
        if (use->purpose == purpose && text_is(key_id, use->key_id) && strcmp(use->what, what) == 0)
            return use;
    }
    uses->list = arena_extend(uses->arena, uses->list, sizeof *uses->list, uses->count, &uses->capacity);
    struct key_use *use = &uses->list[uses->count++];
    *use = (struct key_use){ .purpose = purpose,
                             .is_lost = !keyring_find(work->site->keyring, purpose, key_id) };
    snprintf(use->key_id, sizeof use->key_id, "%.*s", TEXT_ARG(key_id));
    snprintf(use->what, sizeof use->what, "%s", what);
    return use;
}

static bool opens(struct work *work, const struct sealed_value *value)
{
    struct error why = {};
    struct text plain;
    return unseal(work->arena, work->site->keyring, value->sealed, value->place, &plain, &why);
}

struct counting {
    struct key_uses *uses;
    bool tries;
};

static bool count_piece(struct work *work, const struct sealed_piece *piece, void *data)
{
    const struct counting *counting = data;
    char what[64];
    snprintf(what, sizeof what, "%s.%s", piece->table->name, piece->column->name);
    for (size_t i = 0; i < piece->count; i++) {
        const struct sealed_value *value = &piece->values[i];
        struct key_use *use = use_of(work, counting->uses, KEY_SEAL, seal_key_id(value->sealed), what);
        use->count++;
        if (use->is_lost || (counting->tries && !opens(work, value))) {
            snprintf(use->closed_id, sizeof use->closed_id, "%.*s", TEXT_ARG(value->id));
            use->closed++;
        }
    }
    return true;
}

static bool count_hashes(struct work *work, struct key_uses *uses)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT password_key_id, count(*) FROM users WHERE password_key_id IS NOT NULL "
                "AND password_hash IS NOT NULL AND deleted_at IS NULL GROUP BY 1 ORDER BY 1",
                NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        const struct value *row = result_row(&result, i);
        struct key_use *use = use_of(work, uses, KEY_PEPPER, cell_text(row[0]), "users.password_hash");
        use->count = cell_integer(row[1]);
        use->closed = use->is_lost ? use->count : 0;
    }
    return true;
}

bool key_uses_read(struct work *work, enum key_look look, struct key_uses *uses)
{
    *uses = (struct key_uses){ .arena = work->arena };
    struct counting counting = { uses, look == KEYS_TRIED };
    const struct sealed_walk walk = { .but = look == KEYS_BUT_USUAL
                                               ? seal_head(work->arena, work->site->keyring)
                                               : TEXT(""),
                                      .head = look == KEYS_TRIED ? 0 : SEAL_HEAD_MAX,
                                      .visit = count_piece,
                                      .data = &counting };
    return sealed_visit(work, &walk) && count_hashes(work, uses);
}
