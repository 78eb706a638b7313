#include "jobs/cleaning.h"
#include "base/calendar.h"
#include "identity/revocation.h"
#include "record/site.h"
#include "record/transact.h"
#include "settings/settings.h"

enum { PIECE_ROWS = 100, PIECES_MAX = 1'000 }; /* in one run; the rest waits for the next */

struct cleaning {
    const char *remove; /* $1: older than this; $2: at most so many */
    int64_t keep_ms;
    int64_t now;
    int64_t removed;
};

static bool remove_piece(struct work *work, void *data)
{
    struct cleaning *cleaning = data;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, cleaning->remove,
                PARAMETERS(value_time(cleaning->now - cleaning->keep_ms), value_integer(PIECE_ROWS))))
        return false;
    cleaning->removed = result.changed;
    return true;
}

/* Piece by piece, so that others write in between. */
static bool clean(struct work *work, const char *remove, int64_t keep_ms)
{
    struct cleaning cleaning = { .remove = remove, .keep_ms = keep_ms, .now = work->now };
    for (int pieces = 0; pieces < PIECES_MAX; pieces++) {
        if (!db_transact(work, remove_piece, &cleaning))
            return false;
        if (cleaning.removed < PIECE_ROWS)
            return true;
    }
    return true;
}

#define REMOVE_SESSIONS(over)                                                                                \
    "DELETE FROM user_sessions WHERE id IN (SELECT id FROM user_sessions WHERE " over " < $1 LIMIT $2)"

/* Those whose time is over, and those that outlast what the settings allow by now: identity/session_life.h.
 * The access tokens of the latter live a little longer, and who ended them is known until then. */
static bool remove_expired_sessions(struct work *work)
{
    const struct settings *settings = work->site->settings;
    int64_t absolute_ms = settings_integer(settings, SETTING_session_absolute_minutes) * MINUTE_MS;
    int64_t idle_ms = settings_integer(settings, SETTING_session_idle_minutes) * MINUTE_MS;
    return clean(work, REMOVE_SESSIONS("expires_at"), 0) && clean(work, REMOVE_SESSIONS("idle_expires_at"), 0)
        && clean(work, REMOVE_SESSIONS("created_at"), absolute_ms + ACCESS_LIFE_MS)
        && clean(work, REMOVE_SESSIONS("coalesce(rotated_at, created_at)"), idle_ms + ACCESS_LIFE_MS);
}

static bool remove_idempotency_keys(struct work *work)
{
    return clean(work,
                 "DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys WHERE "
                 "expires_at < $1 ORDER BY expires_at LIMIT $2)",
                 0);
}

static bool remove_email_changes(struct work *work)
{
    return clean(work,
                 "DELETE FROM email_changes WHERE id IN (SELECT id FROM email_changes WHERE expires_at < $1 "
                 "ORDER BY expires_at LIMIT $2)",
                 0);
}

static bool remove_links(struct work *work)
{
    return clean(work,
                 "DELETE FROM mailed_links WHERE id IN (SELECT id FROM mailed_links WHERE expires_at < $1 "
                 "ORDER BY expires_at LIMIT $2)",
                 0);
}

static bool remove_tickets(struct work *work)
{
    return clean(work,
                 "DELETE FROM second_factor_tickets WHERE id IN (SELECT id FROM second_factor_tickets WHERE "
                 "expires_at < $1 ORDER BY expires_at LIMIT $2)",
                 0);
}

/* Those that never came to a session: none can any more, its ticket has expired. */
static bool remove_provider_sign_ins(struct work *work)
{
    return clean(work,
                 "DELETE FROM provider_sign_ins WHERE id IN (SELECT id FROM provider_sign_ins WHERE "
                 "session_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2)",
                 HOUR_MS);
}

/* What waits still is kept, however long. */
static bool remove_mails(struct work *work)
{
    return clean(work,
                 "DELETE FROM outgoing_mails WHERE id IN (SELECT id FROM outgoing_mails WHERE status <> "
                 "'queued' AND created_at < $1 ORDER BY created_at LIMIT $2)",
                 settings_integer(work->site->settings, SETTING_mail_days) * DAY_MS);
}

/* A bucket that was left alone for so long is full again, whatever its setting. */
static bool remove_throttles(struct work *work)
{
    return clean(work,
                 "DELETE FROM throttles WHERE bucket IN (SELECT bucket FROM throttles WHERE used_at < $1 "
                 "ORDER BY used_at LIMIT $2)",
                 INT64_C(2) * DAY_MS);
}

/* From the front, so that what is kept has no hole; the highest position is where the next one comes from. */
static bool remove_events(struct work *work)
{
    return clean(work,
                 "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE position IS NOT NULL ORDER BY "
                 "position LIMIT $2) AND created_at < $1 AND position < (SELECT max(position) FROM events)",
                 settings_integer(work->site->settings, SETTING_event_days) * DAY_MS);
}

const struct periodic cleaning_periodics[] = {
    { .name = "remove_expired_sessions", .every_seconds = 3'600, .run = remove_expired_sessions },
    { .name = "remove_idempotency_keys", .every_seconds = 600, .run = remove_idempotency_keys },
    { .name = "remove_email_changes", .every_seconds = 3'600, .run = remove_email_changes },
    { .name = "remove_links", .every_seconds = 3'600, .run = remove_links },
    { .name = "remove_tickets", .every_seconds = 3'600, .run = remove_tickets },
    { .name = "remove_provider_sign_ins", .every_seconds = 3'600, .run = remove_provider_sign_ins },
    { .name = "remove_mails", .every_seconds = 3'600, .run = remove_mails },
    { .name = "remove_events", .every_seconds = 3'600, .run = remove_events },
    { .name = "remove_throttles", .every_seconds = 3'600, .run = remove_throttles },
    {},
};
