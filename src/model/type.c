#include "base/random.h"
#include "model/formats.h"
#include "model/table.h"

#define PG_TEXT   "text COLLATE \"C\""
#define TIME_MIN  (-INT64_C(62'135'596'800'000)) /* the year 1 */
#define TIME_MAX  INT64_C(253'402'300'799'999)   /* the year 9999 */
#define EXACT_MAX INT64_C(9'007'199'254'740'991) /* what every reader of JSON keeps exactly: 2^53 - 1 */

#define SLUG_PATTERN "^[a-z0-9]+(-[a-z0-9]+)*$"
#define TEXT_PATTERN "^[^\\u0000]*$"
#define UUID_PATTERN "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

/* Lists and objects are bounded by their items and by the bytes of their JSON; see document.c. */
enum { ITEMS_MAX = 200, JSON_BYTES_MAX = 65'536 };

/* clang-format off */
const struct type types[TYPE_COUNT] = {
    [TYPE_uuid]      = { VALUE_TEXT,    { "TEXT",    "uuid"        }, "string",  "uuid",      UUID_PATTERN,    36, 36, text_is_uuid,       "a UUID in lower case" },
    [TYPE_reference] = { VALUE_TEXT,    { "TEXT",    "uuid"        }, "string",  "uuid",      UUID_PATTERN,    36, 36, text_is_uuid,       "a UUID in lower case" },
    [TYPE_text]      = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        TEXT_PATTERN,    1, 10'000, NULL,            "a text" },
    [TYPE_slug]      = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        SLUG_PATTERN,    3, 63, format_is_slug,      "a name of a-z, 0-9 and hyphens" },
    [TYPE_email]     = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  "email",     NULL,            3, 254, format_is_email,    "an e-mail address" },
    [TYPE_url]       = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  "uri",       "^https?://",    1, 2'000, format_is_url,    "an http or https URL" },
    [TYPE_domain]    = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  "hostname",  NULL,            1, 253, format_is_domain,   "a domain name" },
    [TYPE_address]   = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        "^[0-9A-Fa-f:.]+$", 2, 45, format_is_address,   "an IP address" },
    [TYPE_hash]      = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        TEXT_PATTERN,    1, 128, NULL,               "a hash" },
    [TYPE_choice]    = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        NULL,            1, 40, NULL,                "one of the choices" },
    [TYPE_integer]   = { VALUE_INTEGER, { "INTEGER", "bigint"      }, "integer", "int64",     NULL,            0, EXACT_MAX, NULL,         "a whole number" },
    [TYPE_money]     = { VALUE_INTEGER, { "INTEGER", "bigint"      }, "integer", "int64",     NULL,            0, EXACT_MAX, NULL,         "a whole number of minor units" },
    [TYPE_gigabytes] = { VALUE_INTEGER, { "INTEGER", "bigint"      }, "number",  NULL,        NULL,            0, 1'000'000'000, NULL,     "a number with at most three decimals" },
    [TYPE_boolean]   = { VALUE_BOOLEAN, { "INTEGER", "boolean"     }, "boolean", NULL,        NULL,            0, 1, NULL,                 "true or false" },
    [TYPE_timestamp] = { VALUE_TIME,    { "INTEGER", "timestamptz" }, "string",  "date-time", NULL,            TIME_MIN, TIME_MAX, NULL,   "a time as RFC 3339 writes it" },
    [TYPE_date]      = { VALUE_TEXT,    { "TEXT",    "date"        }, "string",  "date",      NULL,            10, 10, format_is_date,     "a date as in 2026-01-31" },
    [TYPE_currency]  = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        "^[A-Z]{3}$",    3, 3, format_is_currency,   "a currency code of ISO 4217" },
    [TYPE_country]   = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        "^[A-Z]{2}$",    2, 2, format_is_country,    "a country code of ISO 3166" },
    [TYPE_zone]      = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        "^[A-Za-z0-9_+/-]+$", 1, 64, format_is_zone,      "a time zone of the IANA database" },
    [TYPE_language]  = { VALUE_TEXT,    { "TEXT",    PG_TEXT       }, "string",  NULL,        "^(es|en)$",     2, 2, format_is_language,   "es or en" },
    [TYPE_texts]     = { VALUE_TEXT,    { "TEXT",    "jsonb"       }, "array",   NULL,        NULL,            0, ITEMS_MAX, NULL,         "a list of texts" },
    [TYPE_object]    = { VALUE_TEXT,    { "TEXT",    "jsonb"       }, "object",  NULL,        NULL,            0, JSON_BYTES_MAX, NULL,    "an object" },
    [TYPE_rows]      = { VALUE_TEXT,    { "TEXT",    "jsonb"       }, "array",   NULL,        NULL,            0, ITEMS_MAX, NULL,         "a list of objects" },
    [TYPE_any]       = { VALUE_TEXT,    { "TEXT",    "jsonb"       }, NULL,      NULL,        NULL,            0, JSON_BYTES_MAX, NULL,    "any JSON" },
};
/* clang-format on */
