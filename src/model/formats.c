#include "model/formats.h"
#include "base/calendar.h"
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

enum { LABEL_MAX = 63, LOCAL_PART_MAX = 64, ZONE_MAX = 64 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_alphanumeric(char byte)
{
    return is_digit(byte) || is_upper(byte) || (byte >= 'a' && byte <= 'z');
}

static bool all_of(struct text text, bool (*is)(char byte))
{
    for (size_t i = 0; i < text.length; i++)
        if (!is(text.data[i]))
            return false;
    return true;
}

static bool is_slug_byte(char byte)
{
    return byte == '-' || (is_alphanumeric(byte) && !is_upper(byte));
}

bool format_is_slug(struct text text)
{
    return text.length >= 3 && text.length <= LABEL_MAX && all_of(text, is_slug_byte)
        && !text_starts(text, TEXT("-")) && !text_ends(text, TEXT("-")) && !text_contains(text, TEXT("--"));
}

static bool is_label_byte(char byte)
{
    return byte == '-' || is_alphanumeric(byte);
}

static bool is_label(struct text label)
{
    return label.length > 0 && label.length <= LABEL_MAX && all_of(label, is_label_byte)
        && !text_starts(label, TEXT("-")) && !text_ends(label, TEXT("-"));
}

bool format_is_domain(struct text text)
{
    /* text_cut cannot tell "a.b." from "a.b", so an empty last label is refused here. */
    if (text.length == 0 || text.length > 253 || text_ends(text, TEXT(".")))
        return false;
    int labels = 0;
    struct text rest = text, label = {};
    for (; rest.length > 0; labels++) {
        label = text_cut(&rest, '.');
        if (!is_label(label))
            return false;
    }
    return labels >= 2 && !all_of(label, is_digit);
}

static bool is_atom_byte(char byte)
{
    return is_alphanumeric(byte) || (byte != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", byte));
}

bool format_is_email(struct text text)
{
    size_t at = text_find_byte(text, '@');
    if (at == 0 || at > LOCAL_PART_MAX || at == text.length)
        return false;
    struct text local = text_slice(text, 0, at);
    return all_of(local, is_atom_byte) && !text_starts(local, TEXT(".")) && !text_ends(local, TEXT("."))
        && !text_contains(local, TEXT("..")) && format_is_domain(text_slice(text, at + 1, text.length));
}

static bool is_port(struct text text)
{
    int64_t port;
    return text.length <= 5 && all_of(text, is_digit) && text_to_integer(text, &port) && port >= 1
        && port <= 65535;
}

static bool is_host(struct text host)
{
    if (text_starts(host, TEXT("[")) && text_ends(host, TEXT("]"))) {
        struct text inside = text_slice(host, 1, host.length - 1);
        return text_find_byte(inside, ':') < inside.length && format_is_address(inside);
    }
    return format_is_domain(host) || format_is_address(host) || text_equal_blind(host, TEXT("localhost"));
}

static bool is_url_byte(char byte)
{
    return byte > ' ' && byte < 0x7f && !strchr("\"<>\\^`{|}", byte);
}

bool format_is_url(struct text text)
{
    size_t start = text_starts(text, TEXT("https://")) ? 8 : text_starts(text, TEXT("http://")) ? 7 : 0;
    if (start == 0 || !all_of(text, is_url_byte))
        return false;
    size_t end = start;
    while (end < text.length && !strchr("/?#", text.data[end]))
        end++;
    /* A user or a password before an @ fails here: it is no part of a host. */
    size_t colon = end;
    while (colon > start && is_digit(text.data[colon - 1]))
        colon--;
    if (colon > start && colon < end && text.data[colon - 1] == ':')
        return is_host(text_slice(text, start, colon - 1)) && is_port(text_slice(text, colon, end));
    return is_host(text_slice(text, start, end));
}

bool format_is_address(struct text text)
{
    char string[INET6_ADDRSTRLEN] = {};
    struct in6_addr address;
    if (text.length == 0 || text.length >= sizeof string || memchr(text.data, '\0', text.length))
        return false;
    memcpy(string, text.data, text.length);
    return inet_pton(AF_INET, string, &address) == 1 || inet_pton(AF_INET6, string, &address) == 1;
}

bool format_is_date(struct text text)
{
    struct date date;
    return calendar_read_date(text, &date);
}

bool format_is_currency(struct text text)
{
    return text.length == 3 && all_of(text, is_upper);
}

bool format_is_country(struct text text)
{
    static const char assigned[] = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI "
                                   "BJ BL BM BN BO BQ BR BS BT BV BW "
                                   "BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK "
                                   "DM DO DZ EC EE EG EH ER ES ET FI "
                                   "FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY "
                                   "HK HM HN HR HT HU ID IE IL IM IN "
                                   "IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI "
                                   "LK LR LS LT LU LV LY MA MC MD ME "
                                   "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG "
                                   "NI NL NO NP NR NU NZ OM PA PE PF "
                                   "PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH "
                                   "SI SJ SK SL SM SN SO SR SS ST SV "
                                   "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY "
                                   "UZ VA VC VE VG VI VN VU WF WS YE "
                                   "YT ZA ZM ZW";
    return text.length == 2 && all_of(text, is_upper)
        && text_contains((struct text){ assigned, sizeof assigned - 1 }, text);
}

static bool is_zone_byte(char byte)
{
    return is_alphanumeric(byte) || (byte != '\0' && strchr("/_+-", byte));
}

bool format_is_zone(struct text text)
{
    /* GLib looks for a file of this name, so nothing like a path or an offset may reach it. */
    char name[ZONE_MAX + 1] = {};
    if (text.length == 0 || text.length > ZONE_MAX || !all_of(text, is_zone_byte) || !is_upper(text.data[0]))
        return false;
    memcpy(name, text.data, text.length);
    GTimeZone *zone = g_time_zone_new_identifier(name);
    if (!zone)
        return false;
    g_time_zone_unref(zone);
    return true;
}

bool format_is_language(struct text text)
{
    return text_is(text, "es") || text_is(text, "en");
}
