#include "api/cookie.h"
#include "model/formats.h"
#include "record/site.h"
#include "settings/options.h"

static const struct {
    const char *name, *same_site;
} kinds[] = {
    [COOKIE_REFRESH] = { "nidia_refresh", "Strict" },
    [COOKIE_DEVICE] = { "nidia_device", "Strict" },
    [COOKIE_ATTEMPT] = { "nidia_sso", "Lax" },
};

static bool is_loopback(struct text host)
{
    struct text rest = host, name = text_cut(&rest, ':');
    return text_equal_blind(name, TEXT("localhost")) || text_starts(host, TEXT("[::1]"))
        || (text_starts(name, TEXT("127.")) && format_is_address(name));
}

/* Where the world reaches us: public_url, else what the client says it asked. */
static struct text origin_of(struct call *call)
{
    struct text url = text_from(option_string(call->work.site->options, OPTION_public_url));
    struct text host = request_header(call->request, TEXT("Host"));
    if (url.length == 0)
        return arena_format(call->work.arena, "http%s://%.*s", is_loopback(host) ? "" : "s", TEXT_ARG(host));
    size_t slashes = 0, end = 0;
    while (end < url.length && (slashes += url.data[end] == '/') < 3)
        end++;
    return text_slice(url, 0, end);
}

/* Browsers keep no Secure cookie over plain HTTP, which only development on this machine speaks. */
static bool is_secure(struct text origin)
{
    static const struct text plain = TEXT_CONSTANT("http://");
    return !text_starts(origin, plain) || !is_loopback(text_slice(origin, plain.length, origin.length));
}

static struct text name_of(struct call *call, enum cookie cookie)
{
    const char *prefix = is_secure(origin_of(call)) ? "__Host-" : "";
    return arena_format(call->work.arena, "%s%s", prefix, kinds[cookie].name);
}

struct text cookie_read(struct call *call, enum cookie cookie)
{
    struct text rest = request_header(call->request, TEXT("Cookie")), name = name_of(call, cookie);
    while (rest.length > 0) {
        struct text pair = text_trim(text_cut(&rest, ';'));
        if (text_equal(text_cut(&pair, '='), name))
            return pair;
    }
    return (struct text){};
}

void cookie_set(struct call *call, enum cookie cookie, struct text value, int64_t seconds)
{
    const char *secure = is_secure(origin_of(call)) ? "; Secure" : "";
    struct text name = name_of(call, cookie);
    response_header(call->response, TEXT("Set-Cookie"),
                    arena_format(call->work.arena, "%.*s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=%s%s",
                                 TEXT_ARG(name), TEXT_ARG(value), (long long)seconds, kinds[cookie].same_site,
                                 secure));
}

void cookie_clear(struct call *call, enum cookie cookie)
{
    cookie_set(call, cookie, (struct text){ "", 0 }, 0);
}

/* Browsers say whose page a request comes from; what says nothing is no browser. */
static bool comes_from_us(struct call *call)
{
    struct text site = request_header(call->request, TEXT("Sec-Fetch-Site"));
    struct text origin = request_header(call->request, TEXT("Origin"));
    if (site.length > 0 && !text_is(site, "same-origin") && !text_is(site, "none"))
        return false;
    return origin.length == 0 || text_equal_blind(origin, origin_of(call));
}

bool cookie_mode(struct call *call, bool *wanted)
{
    struct text session = request_header(call->request, TEXT("X-Session"));
    *wanted = session.length > 0;
    if (*wanted && !text_is(session, "cookie"))
        return fail(&call->work.error, ERROR_malformed_header, "X-Session");
    return !*wanted || comes_from_us(call) || fail(&call->work.error, ERROR_cross_site, "");
}
