#include "identity/key_retirement.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "identity/revocation.h"
#include "record/key_use.h"
#include "record/site.h"
#include "settings/settings.h"

static bool nothing_stored_needs(struct work *work, const struct key *key, enum key_purpose purpose)
{
    struct key_uses uses;
    struct buffer needed = { .arena = work->arena };
    if (!key_uses_read(work, KEYS_TRIED, &uses))
        return false;
    for (size_t i = 0; i < uses.count; i++) {
        const struct key_use *use = &uses.list[i];
        if (use->purpose == purpose && text_is(text_from(key->id), use->key_id))
            buffer_print(&needed, "%s%lld of %s", needed.length > 0 ? ", " : "", (long long)use->count,
                         use->what);
        else if (use->purpose == purpose && use->closed > 0 && !use->is_lost)
            return fail(&work->error, ERROR_conflict, "%lld of %s do not open: see `nidia doctor`",
                        (long long)use->closed, use->what);
    }
    return needed.length == 0
        || fail(&work->error, ERROR_conflict, "%.*s still need it%s", TEXT_ARG(needed.text),
                purpose == KEY_PEPPER ? ": each is hashed anew at its next sign-in" : "");
}

/* Access tokens and leases, of which nothing is stored. */
static bool nothing_signed_is_good(struct work *work, const struct key *key, enum key_purpose)
{
    int64_t lease_ms = settings_integer(work->site->settings, SETTING_lease_minutes) * MINUTE_MS;
    int64_t until = key->replaced_at + (lease_ms > ACCESS_LIFE_MS ? lease_ms : ACCESS_LIFE_MS);
    char time[TIME_TEXT_SIZE];
    return key->replaced_at == 0 || work->now >= until
        || fail(&work->error, ERROR_conflict, "tokens that it signed are good until %.*s",
                TEXT_ARG(calendar_print_time(until, time)));
}

/*
 * Refresh tokens, and the marks of tenants' databases on PostgreSQL, which name it nowhere: their time tells.
 * A database of the pool, whose name is not its tenant's, may be older than the tenant. A known device that
 * is not known any more only signs in as a new one.
 */
static bool nothing_given_out_needs(struct work *work, const struct key *key, enum key_purpose)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM user_sessions WHERE is_active AND expires_at > $2 "
        "AND coalesce(rotated_at, created_at) < $1), "
        "(SELECT count(*) FROM tenants t JOIN database_hosts h ON h.id = t.database_host_id "
        "WHERE h.folder IS NULL AND (t.created_at < $1 OR t.db_name <> 'tenant_' || "
        "substr(CAST(t.id AS text), 25))) + "
        "(SELECT count(*) FROM pooled_databases p JOIN database_hosts h ON h.id = p.database_host_id "
        "WHERE h.folder IS NULL AND p.created_at < $1)";
    struct result result;
    if (key->replaced_at == 0)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, sql,
                PARAMETERS(value_time(key->replaced_at), value_time(work->now))))
        return false;
    long long sessions = cell_integer(result.cells[0]), databases = cell_integer(result.cells[1]);
    return sessions + databases == 0
        || fail(&work->error, ERROR_conflict,
                "the tokens of %lld sessions and the marks of %lld databases still need it", sessions,
                databases);
}

bool key_may_retire(struct work *work, enum key_purpose purpose, struct text id)
{
    static bool (*const checks[KEY_PURPOSE_COUNT])(struct work *, const struct key *, enum key_purpose) = {
        [KEY_SEAL] = nothing_stored_needs,
        [KEY_PEPPER] = nothing_stored_needs,
        [KEY_SIGN] = nothing_signed_is_good,
        [KEY_COOKIE] = nothing_given_out_needs,
    };
    const struct key *key = keyring_find(work->site->keyring, purpose, id);
    return key ? checks[purpose](work, key, purpose)
               : fail(&work->error, ERROR_not_found, "the ring has no key %.*s to %s with", TEXT_ARG(id),
                      key_purpose_names[purpose]);
}
