#include "identity/toll.h"
#include "base/calendar.h"
#include "base/metrics.h"
#include "record/transact.h"
#include "settings/settings.h"

enum { TEN_MINUTES_MS = 10 * MINUTE_MS };

static void choose_buckets(struct work *work, struct text account, struct text device, struct toll *toll)
{
    struct arena *arena = work->arena;
    struct text network = throttle_network(arena, work->origin.address);
    toll->buckets[0] = throttle_bucket(work, arena_format(arena, "sign_in:address:%.*s", TEXT_ARG(network)),
                                       SETTING_sign_ins_per_address, TEN_MINUTES_MS);
    toll->buckets[1] =
        device.length > 0
            ? throttle_bucket(work, arena_format(arena, "sign_in:device:%.*s", TEXT_ARG(device)),
                              SETTING_sign_ins_per_device, HOUR_MS)
            : throttle_bucket(work, arena_format(arena, "sign_in:account:%.*s", TEXT_ARG(account)),
                              SETTING_sign_ins_per_account, HOUR_MS);
}

static bool take(struct work *work, void *data)
{
    struct toll *toll = data;
    toll->wait_ms = 0;
    for (size_t i = 0; i < 2 && toll->wait_ms == 0; i++)
        if (!throttle_take(work, &toll->buckets[i], &toll->wait_ms))
            return false;
    return true;
}

bool toll_pay(struct work *work, struct text account, struct text device, struct toll *toll)
{
    choose_buckets(work, account, device, toll);
    if (!db_transact(work, take, toll))
        return false;
    if (toll->wait_ms == 0)
        return true;
    metric_add(METRIC_sign_ins_throttled_total, 1);
    fail(&work->error, ERROR_rate_limited, "");
    work->error.retry_after_seconds = (int)((toll->wait_ms + 999) / 1000);
    return false;
}

bool toll_give_back(struct work *work, const struct toll *toll)
{
    return throttle_give_back(work, &toll->buckets[0]) && throttle_give_back(work, &toll->buckets[1]);
}
