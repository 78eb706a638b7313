#include "identity/session_life.h"
#include "base/calendar.h"
#include "identity/revocation.h"
#include "record/site.h"
#include "settings/settings.h"

static int64_t limit_ms(const struct work *work, enum setting minutes)
{
    return settings_integer(work->site->settings, minutes) * MINUTE_MS;
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

int64_t session_first_end(const struct work *work)
{
    return work->now + limit_ms(work, SETTING_session_absolute_minutes);
}

int64_t session_idle_end(const struct work *work)
{
    return work->now + limit_ms(work, SETTING_session_idle_minutes);
}

int64_t session_last_end(const struct work *work, const struct user_session *session)
{
    int64_t end = session->created_at.integer + limit_ms(work, SETTING_session_absolute_minutes);
    return earlier(session->expires_at.integer, end);
}

bool session_is_over(const struct work *work, const struct user_session *session)
{
    struct value used = value_is_set(session->rotated_at) ? session->rotated_at : session->created_at;
    int64_t idle_end = earlier(session->idle_expires_at.integer,
                               used.integer + limit_ms(work, SETTING_session_idle_minutes));
    return !value_is_true(session->is_active) || work->now >= session_last_end(work, session)
        || work->now >= idle_end;
}

int64_t session_access_end(const struct work *work, const struct user_session *session)
{
    int64_t end = earlier(session_last_end(work, session), session_idle_end(work));
    return earlier(end, work->now + ACCESS_LIFE_MS);
}
