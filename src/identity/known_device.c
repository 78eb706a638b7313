#include "identity/known_device.h"
#include "base/calendar.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "record/site.h"

enum { NAME_SIZE = 16, COOKIE_MAX = 200 };

#define LIFE_MS ((int64_t)DEVICE_LIFE_DAYS * DAY_MS)

/* Of "USER.DEVICE.EXPIRY". */
static struct text covered_by_mac(struct work *work, struct text what)
{
    return arena_format(work->arena, "known device:%.*s", TEXT_ARG(what));
}

struct text known_device_make(struct work *work, struct text user_id)
{
    int64_t expires_ms = work->now + LIFE_MS;
    struct text name = random_token(work->arena, NAME_SIZE);
    struct text what =
        arena_format(work->arena, "%.*s.%.*s.%lld", TEXT_ARG(user_id), TEXT_ARG(name), (long long)expires_ms);
    struct text mac = mac_make(work->arena, work->site->keyring, covered_by_mac(work, what));
    struct text code = base64url_encode(work->arena, mac);
    return arena_format(work->arena, "%.*s.%.*s", TEXT_ARG(what), TEXT_ARG(code));
}

static bool is_signed(struct work *work, struct text what, struct text code)
{
    struct text mac;
    return base64url_decode(work->arena, code, &mac) && mac.length == MAC_SIZE
        && mac_matches(work->arena, work->site->keyring, covered_by_mac(work, what), mac);
}

/* Asked for genuine cookies alone, so that nobody else learns from the time it takes. While nobody can be
 * asked, no device is known. */
static bool is_before_password(struct work *work, struct text user_id, int64_t made_ms)
{
    static const char chosen[] = "SELECT 1 FROM users WHERE id = $1 AND password_changed_at > $2";
    struct error outcome = work->error;
    struct result result;
    bool asked = db_run(work->db, work->arena, &result, &work->error, chosen,
                        PARAMETERS(value_text(user_id), value_time(made_ms)));
    work->error = outcome;
    return !asked || result.row_count > 0;
}

bool known_device_read(struct work *work, struct text cookie, struct text user_id, struct text *device)
{
    if (cookie.length > COOKIE_MAX)
        return false;
    struct text rest = cookie, user = text_cut(&rest, '.'), name = text_cut(&rest, '.'),
                expiry = text_cut(&rest, '.');
    int64_t expires_ms;
    if (rest.length == 0 || !text_equal(user, user_id) || !text_to_integer(expiry, &expires_ms)
        || expires_ms <= work->now
        || !is_signed(work, text_slice(cookie, 0, cookie.length - rest.length - 1), rest)
        || is_before_password(work, user_id, expires_ms - LIFE_MS))
        return false;
    *device = name;
    return true;
}
