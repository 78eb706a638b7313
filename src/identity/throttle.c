#include "identity/throttle.h"
#include "crypto/hash.h"
#include "crypto/mac.h"
#include "record/site.h"
#include <arpa/inet.h>
#include <string.h>

/*
 * A bucket is kept as the time at which it will be full: a token taken moves that on by the time that one
 * takes to be refilled. It holds a token while that time is less than a whole filling ahead.
 */
bool throttle_take(struct work *work, const struct bucket *bucket, int64_t *wait_ms)
{
    static const char take[] =
        "INSERT INTO throttles (bucket, full_at_ms, used_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (bucket) DO UPDATE SET used_at = excluded.used_at, full_at_ms = "
        "CASE WHEN throttles.full_at_ms > $4 THEN throttles.full_at_ms + $5 ELSE excluded.full_at_ms END "
        "WHERE throttles.full_at_ms <= $6 RETURNING full_at_ms";
    static const char look[] = "SELECT full_at_ms FROM throttles WHERE bucket = $1";
    int64_t filling_ms = bucket->capacity * bucket->refill_ms;
    struct value name = value_text(bucket->name);
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, take,
                PARAMETERS(name, value_integer(work->now + bucket->refill_ms), value_time(work->now),
                           value_integer(work->now), value_integer(bucket->refill_ms),
                           value_integer(work->now + filling_ms - bucket->refill_ms))))
        return false;
    *wait_ms = 0;
    if (result.row_count > 0)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, look, PARAMETERS(name)))
        return false;
    int64_t full_at_ms = result.row_count > 0 ? cell_integer(result_row(&result, 0)[0]) : 0;
    int64_t until_ms = full_at_ms + bucket->refill_ms - filling_ms;
    *wait_ms = until_ms > work->now ? until_ms - work->now : 1;
    return true;
}

bool throttle_pass(struct work *work, const struct bucket *bucket)
{
    int64_t wait_ms;
    if (!throttle_take(work, bucket, &wait_ms))
        return false;
    if (wait_ms == 0)
        return true;
    fail(&work->error, ERROR_rate_limited, "");
    work->error.retry_after_seconds = (int)((wait_ms + 999) / 1000);
    return false;
}

bool throttle_give_back(struct work *work, const struct bucket *bucket)
{
    static const char give[] = "UPDATE throttles SET full_at_ms = full_at_ms - $1 WHERE bucket = $2";
    struct result result;
    return db_run(work->db, work->arena, &result, &work->error, give,
                  PARAMETERS(value_integer(bucket->refill_ms), value_text(bucket->name)));
}

struct bucket throttle_bucket(struct work *work, struct text name, enum setting limit, int64_t period_ms)
{
    int64_t capacity = settings_integer(work->site->settings, limit);
    return (struct bucket){ name, capacity, period_ms / capacity };
}

struct text throttle_account(struct work *work, struct text email)
{
    struct text covered = arena_format(work->arena, "account:%.*s", TEXT_ARG(email));
    struct text mac = mac_make(work->arena, work->site->keyring, covered);
    return hex_encode(work->arena, text_slice(mac, 0, MAC_SIZE_MIN));
}

struct text throttle_network(struct arena *arena, struct text address)
{
    struct in6_addr network;
    char text[INET6_ADDRSTRLEN];
    const char *string = arena_string(arena, address);
    if (inet_pton(AF_INET6, string, &network) != 1)
        return arena_format(arena, "%.*s/32", TEXT_ARG(address));
    if (IN6_IS_ADDR_V4MAPPED(&network)) {
        inet_ntop(AF_INET, network.s6_addr + 12, text, sizeof text);
        return arena_format(arena, "%s/32", text);
    }
    memset(network.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &network, text, sizeof text);
    return arena_format(arena, "%s/64", text);
}
