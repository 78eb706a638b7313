#include "identity/totp.h"
#include "base/percent.h"
#include "base/random.h"
#include "crypto/one_time_code.h"
#include "crypto/seal.h"
#include "record/site.h"
#include "record/store.h"

#define ISSUER "NIDIA Flow"

bool totp_is_enrolled(struct work *work, struct text user_id, bool *enrolled)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT 1 FROM totp_seeds WHERE user_id = $1 AND confirmed_at IS NOT NULL",
                PARAMETERS(value_text(user_id))))
        return false;
    *enrolled = result.row_count > 0;
    return true;
}

static struct text place_of(struct work *work, struct text id)
{
    return arena_format(work->arena, "totp_seeds.seed_sealed:%.*s", TEXT_ARG(id));
}

/* The step that the code is of, by the seed that the statement finds; *step 0 where it is of none. */
static bool find_step(struct work *work, const char *find, struct value user_id, struct text code,
                      struct value *id, int64_t *step)
{
    struct result result;
    struct text seed;
    *step = 0;
    if (!db_run(work->db, work->arena, &result, &work->error, find, PARAMETERS(user_id)))
        return false;
    if (result.row_count == 0)
        return true;
    const struct value *row = result_row(&result, 0);
    *id = row[0];
    if (!unseal(work->arena, work->site->keyring, row[1].text, place_of(work, row[0].text), &seed,
                &work->error))
        return false;
    if (!one_time_code_matches(seed, code, work->now, step))
        *step = 0;
    return true;
}

/* One compare-and-swap: of all who come with the same code, one moves the last step on. */
bool totp_verify(struct work *work, const struct second_factor_attempt *attempt, bool *good)
{
    static const char find[] =
        "SELECT id, seed_sealed FROM totp_seeds WHERE user_id = $1 AND confirmed_at IS NOT NULL";
    static const char swap[] = "UPDATE totp_seeds SET last_step = $1 WHERE id = $2 AND last_step < $1";
    struct value id;
    struct result result;
    int64_t step;
    *good = false;
    if (!find_step(work, find, attempt->user->id, attempt->code, &id, &step))
        return false;
    if (step == 0)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, swap, PARAMETERS(value_integer(step), id)))
        return false;
    *good = result.changed == 1;
    return true;
}

bool totp_forget(struct work *work, struct text user_id)
{
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, "DELETE FROM totp_seeds WHERE user_id = $1",
                  PARAMETERS(value_text(user_id)));
}

bool totp_begin(struct work *work, const struct user *user, struct totp_enrolment *enrolment)
{
    char bytes[SEED_SIZE];
    struct result result;
    struct text id = random_uuid(work->arena, work->now);
    random_bytes(bytes, sizeof bytes);
    struct text seed = arena_copy(work->arena, TEXT_BYTES(bytes));
    struct totp_seed row = {
        .id = value_text(id),
        .user_id = user->id,
        .seed_sealed = value_text(seal(work->arena, work->site->keyring, seed, place_of(work, id))),
    };
    struct buffer uri = { .arena = work->arena };
    enrolment->secret = base32_encode(work->arena, seed);
    buffer_add(&uri, TEXT("otpauth://totp/"));
    percent_encode(&uri, TEXT(ISSUER));
    buffer_add_byte(&uri, ':');
    percent_encode(&uri, user->email.text);
    buffer_print(&uri, "?secret=%.*s&issuer=", TEXT_ARG(enrolment->secret));
    percent_encode(&uri, TEXT(ISSUER));
    enrolment->uri = uri.text;
    return db_run(work->db, work->arena, &result, &work->error,
                  "DELETE FROM totp_seeds WHERE user_id = $1 AND confirmed_at IS NULL", PARAMETERS(user->id))
        && store_create(work, &totp_seeds_table, row.cells);
}

bool totp_confirm(struct work *work, const struct user *user, struct text code)
{
    static const char find[] = "SELECT id, seed_sealed FROM totp_seeds WHERE user_id = $1 AND confirmed_at "
                               "IS NULL ORDER BY id DESC LIMIT 1";
    static const char replace[] = "DELETE FROM totp_seeds WHERE user_id = $1 AND id <> $2";
    static const char confirm[] = "UPDATE totp_seeds SET confirmed_at = $1, last_step = $2 WHERE id = $3";
    struct value id;
    struct result result;
    int64_t step;
    if (!find_step(work, find, user->id, code, &id, &step))
        return false;
    if (step == 0)
        return fail_at(&work->error, "/code", ERROR_second_factor_refused, "");
    return db_run(work->db, work->arena, &result, &work->error, replace, PARAMETERS(user->id, id))
        && db_run(work->db, work->arena, &result, &work->error, confirm,
                  PARAMETERS(value_time(work->now), value_integer(step), id));
}
