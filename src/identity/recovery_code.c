#include "identity/recovery_code.h"
#include "base/buffer.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/one_time_code.h"
#include "record/store.h"

enum { CODE_SIZE = 15, CODE_LENGTH = 24, GROUP = 6 };

bool recovery_codes_count(struct work *work, struct text user_id, int64_t *count)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT count(*) FROM recovery_codes WHERE user_id = $1", PARAMETERS(value_text(user_id))))
        return false;
    *count = cell_integer(result_row(&result, 0)[0]);
    return true;
}

bool recovery_codes_are_enrolled(struct work *work, struct text user_id, bool *enrolled)
{
    int64_t count;
    if (!recovery_codes_count(work, user_id, &count))
        return false;
    *enrolled = count > 0;
    return true;
}

/* As it is hashed: without what people put between, in upper case; empty where it is none. */
static struct text plain_code(struct arena *arena, struct text code)
{
    char *plain = arena_alloc(arena, CODE_LENGTH + 1);
    size_t length = 0;
    for (size_t i = 0; i < code.length; i++) {
        char byte = code.data[i];
        if (byte == '-' || byte == ' ')
            continue;
        if (length == CODE_LENGTH)
            return (struct text){};
        plain[length++] = byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
    }
    return length == CODE_LENGTH ? (struct text){ plain, length } : (struct text){};
}

bool recovery_code_verify(struct work *work, const struct second_factor_attempt *attempt, bool *good)
{
    struct result result;
    struct text code = plain_code(work->arena, attempt->code);
    *good = false;
    if (code.length == 0)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2",
                PARAMETERS(attempt->user->id, value_text(sha256_hex(work->arena, code)))))
        return false;
    *good = result.changed == 1;
    return true;
}

bool recovery_codes_forget(struct work *work, struct text user_id)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM recovery_codes WHERE user_id = $1", PARAMETERS(value_text(user_id)));
}

static bool make_one(struct work *work, struct text user_id, struct text *code)
{
    char bytes[CODE_SIZE];
    random_bytes(bytes, sizeof bytes);
    *code = base32_encode(work->arena, TEXT_BYTES(bytes));
    struct recovery_code row = { .user_id = value_text(user_id),
                                 .code_hash = value_text(sha256_hex(work->arena, *code)) };
    return store_create(work, &recovery_codes_table, row.cells);
}

bool recovery_codes_make(struct work *work, struct text user_id, struct text *codes)
{
    struct buffer list = { .arena = work->arena };
    struct text code;
    if (!recovery_codes_forget(work, user_id))
        return false;
    for (int i = 0; i < RECOVERY_CODES; i++) {
        if (!make_one(work, user_id, &code))
            return false;
        for (size_t at = 0; at < CODE_LENGTH; at += GROUP) {
            struct text group = text_slice(code, at, at + GROUP);
            buffer_print(&list, "%s%.*s", at > 0 ? "-" : i > 0 ? "\",\"" : "[\"", TEXT_ARG(group));
        }
    }
    buffer_add(&list, TEXT("\"]"));
    *codes = list.text;
    return true;
}
