#include "base/zone.h"
#include <glib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 };

int64_t zone_local_ms(struct text zone, int64_t time_ms)
{
    char name[NAME_MAX_BYTES + 1] = {};
    if (zone.length == 0 || zone.length > NAME_MAX_BYTES)
        return time_ms;
    memcpy(name, zone.data, zone.length);
    GTimeZone *found = g_time_zone_new_identifier(name);
    if (!found)
        return time_ms;
    gint interval = g_time_zone_find_interval(found, G_TIME_TYPE_UNIVERSAL, time_ms / 1000);
    int64_t offset_ms = g_time_zone_get_offset(found, interval) * INT64_C(1000);
    g_time_zone_unref(found);
    return time_ms + offset_ms;
}
