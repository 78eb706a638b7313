#include "domains/domain_name.h"
#include "domains/look_alike.h"
#include "model/formats.h"
#include "record/site.h"
#include "settings/options.h"
#include "settings/settings.h"
#include <libpsl.h>
#include <pthread.h>
#include <unicode/uidna.h>

enum { WRITTEN_MAX = 1'000, LABELS_MAX_BYTES = 1'024 };

/* Names that mean something else than a host of the world, and what says so. */
static const struct {
    const char *name, *reason;
} special_names[] = {
    { "localhost", "RFC 6761" },   { "test", "RFC 6761" },        { "example", "RFC 6761" },
    { "invalid", "RFC 6761" },     { "example.com", "RFC 6761" }, { "example.net", "RFC 6761" },
    { "example.org", "RFC 6761" }, { "local", "RFC 6762" },       { "onion", "RFC 7686" },
    { "alt", "RFC 9476" },         { "arpa", "RFC 3172" },        { "internal", "ICANN 2024" },
    { "home", "ICANN 2018" },      { "corp", "ICANN 2018" },      { "mail", "ICANN 2018" },
};

static UIDNA *idna;
static const psl_ctx_t *suffixes;

static void open_libraries(void)
{
    UErrorCode status = U_ZERO_ERROR;
    idna = uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ
                               | UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
                           &status);
    suffixes = psl_latest(NULL);
}

static bool refuse(struct work *work, enum error_code code, const char *about)
{
    return fail_at(&work->error, "/domain", code, "%s", about);
}

/* Labels of any script as the DNS has them, and back. */
static bool convert(struct arena *arena, struct text from,
                    int32_t (*to)(const UIDNA *, const char *, int32_t, char *, int32_t, UIDNAInfo *,
                                  UErrorCode *),
                    struct text *out)
{
    char buffer[LABELS_MAX_BYTES];
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = to(idna, from.data, (int32_t)from.length, buffer, sizeof buffer, &info, &status);
    if (U_FAILURE(status) || info.errors)
        return false;
    *out = arena_copy(arena, (struct text){ buffer, (size_t)length });
    return true;
}

/* Is it the base, or below it? */
static bool is_within(struct text name, struct text base)
{
    if (base.length == 0 || !text_equal_blind(text_slice(name, name.length - base.length, name.length), base))
        return false;
    return name.length == base.length
        || (name.length > base.length && name.data[name.length - base.length - 1] == '.');
}

/* "127.0.0.1", "0x7f.1", "[::1]": what some program would read as an address. */
static bool is_address(struct text name)
{
    struct text last = name;
    while (text_find_byte(last, '.') < last.length)
        text_cut(&last, '.');
    bool is_hexadecimal =
        (text_starts(last, TEXT("0x")) || text_starts(last, TEXT("0X")))
        && (last.length == 2 || text_consists_of(text_slice(last, 2, last.length), "0123456789abcdefABCDEF"));
    bool is_ipv6 =
        text_find_byte(name, ':') < name.length && text_consists_of(name, "0123456789abcdefABCDEF:.[]%");
    return is_hexadecimal || is_ipv6 || text_consists_of(last, "0123456789");
}

/* The host of an URL. */
static struct text host_of(const char *url)
{
    struct text rest = text_from(url), host = rest;
    for (size_t i = 0; i + 3 <= rest.length; i++)
        if (text_starts(text_slice(rest, i, rest.length), TEXT("://")))
            host = text_slice(rest, i + 3, rest.length);
    host = text_slice(host, 0, text_find_byte(host, '/'));
    return text_slice(host, 0, text_find_byte(host, ':'));
}

static bool is_ours(const struct site *site, struct text name)
{
    struct text list = text_from(option_string(site->options, OPTION_own_domains));
    while (list.length > 0)
        if (is_within(name, text_trim(text_cut(&list, ','))))
            return true;
    return is_within(name, text_from(option_string(site->options, OPTION_tenant_domain)))
        || is_within(name, host_of(option_string(site->options, OPTION_public_url)));
}

static bool check_special(struct work *work, struct text name)
{
    if (settings_integer(work->site->settings, SETTING_private_network))
        return true;
    for (size_t i = 0; i < sizeof special_names / sizeof *special_names; i++)
        if (is_within(name, text_from(special_names[i].name)))
            return refuse(work, ERROR_special_use_domain, special_names[i].reason);
    return true;
}

static bool check_meaning(struct work *work, struct text name)
{
    struct text unicode;
    if (!check_special(work, name))
        return false;
    if (psl_is_public_suffix2(suffixes, arena_string(work->arena, name), PSL_TYPE_ANY))
        return refuse(work, ERROR_public_suffix, "");
    if (is_ours(work->site, name))
        return refuse(work, ERROR_own_domain, "");
    if (!convert(work->arena, name, uidna_nameToUnicodeUTF8, &unicode))
        return refuse(work, ERROR_malformed, "");
    return !looks_like_another(unicode) || refuse(work, ERROR_look_alike, "");
}

/* As the DNS has it. */
static bool spell(struct arena *arena, struct text plain, struct text *ascii)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_libraries);
    if (plain.length == 0 || plain.length > WRITTEN_MAX
        || !convert(arena, plain, uidna_nameToASCII_UTF8, ascii))
        return false;
    if (text_ends(*ascii, TEXT(".")))
        ascii->length--;
    return true;
}

struct text domain_name_spell(struct arena *arena, struct text written)
{
    struct text ascii;
    return spell(arena, text_trim(written), &ascii) ? ascii : written;
}

bool domain_name_read(struct work *work, struct text written, struct text *name)
{
    struct text ascii, plain = text_trim(written);
    if (is_address(plain))
        return refuse(work, ERROR_address_as_domain, "");
    if (!spell(work->arena, plain, &ascii))
        return refuse(work, ERROR_malformed, "");
    if (is_address(ascii)) /* in digits of another script */
        return refuse(work, ERROR_address_as_domain, "");
    if (ascii.length > DOMAIN_MAX)
        return fail_at(&work->error, "/domain", ERROR_too_long, "%d characters", DOMAIN_MAX);
    if (text_find_byte(ascii, '.') == ascii.length)
        return refuse(work, ERROR_single_label, "");
    if (!format_is_domain(ascii))
        return refuse(work, ERROR_malformed, "");
    *name = arena_copy(work->arena, ascii);
    return check_meaning(work, *name);
}
