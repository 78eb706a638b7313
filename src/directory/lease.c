#include "directory/lease.h"
#include "base/calendar.h"
#include "crypto/token.h"
#include "record/document.h"
#include "record/site.h"
#include "settings/settings.h"
#include "json/json.h"

struct text lease_sign(struct work *work, const struct entitlement *entitlement, struct text issuer,
                       int64_t *expires_in_seconds)
{
    int64_t issued = work->now / 1000;
    *expires_in_seconds = settings_integer(work->site->settings, SETTING_lease_minutes) * 60;
    int64_t expires = issued + *expires_in_seconds;
    struct column_set columns = columns_visible(&entitlements_table, SUPER_ADMIN);
    struct buffer claims = { .arena = work->arena };
    buffer_add_byte(&claims, '{');
    json_add_named_text(&claims, "iss", issuer);
    json_add_named_text(&claims, "aud", TEXT(LEASE_AUDIENCE));
    json_add_named_text(&claims, "sub", entitlement->id.text);
    buffer_print(&claims, ",\"iat\":%lld,\"exp\":%lld,\"entitlements\":", (long long)issued,
                 (long long)expires);
    document_write(&claims, &entitlements_table, entitlement->cells, &columns);
    buffer_add_byte(&claims, '}');
    return token_sign(work->arena, work->site->keyring, claims.text);
}
