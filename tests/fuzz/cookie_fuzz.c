/*
 * Headers as a stranger sends them, among them cookies. The first byte chooses the cookie and the public URL.
 * What is read stood in the header; what is set in a cookie comes back out of it; and who is believed to be a
 * page of ours says so.
 */
#include "api/cookie.h"
#include "headers.h"
#include "record/site.h"
#include "settings/options.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONSOLE "https://console.example.com"

static void check_again(struct call *call, enum cookie cookie, struct text value)
{
    cookie_set(call, cookie, value, 60);
    struct text line = call->response->headers.text, url;
    bool secure = text_ends(line, TEXT("; Secure\r\n"));
    url = text_from(option_string(call->work.site->options, OPTION_public_url));
    assert(secure || !text_starts(url, TEXT("https:")));

    text_cut(&line, ':');
    struct text pair = text_trim(text_cut(&line, ';'));
    assert(text_starts(pair, TEXT("__Host-")) == secure);
    const struct header headers[] = { { TEXT("Cookie"), pair },
                                      { TEXT("Host"), request_header(call->request, TEXT("Host")) } };
    const struct request request = { .headers = headers, .header_count = 2 };
    call->request = &request;
    assert(text_equal(cookie_read(call, cookie), value));
}

static void check_mode(struct call *call)
{
    bool wanted, taken = cookie_mode(call, &wanted);
    struct text session = request_header(call->request, TEXT("X-Session"));
    struct text site = request_header(call->request, TEXT("Sec-Fetch-Site"));
    struct text origin = request_header(call->request, TEXT("Origin"));
    const char *url = option_string(call->work.site->options, OPTION_public_url);
    assert(wanted == session.length > 0);
    if (!taken)
        assert(call->work.error.code
               == (text_is(session, "cookie") ? ERROR_cross_site : ERROR_malformed_header));
    if (!taken || !wanted)
        return;
    assert(site.length == 0 || text_is(site, "same-origin") || text_is(site, "none"));
    assert(origin.length == 0 || !text_is(TEXT(CONSOLE), url) || text_equal_blind(origin, TEXT(CONSOLE)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const urls[] = { "", CONSOLE, "http://localhost:8080/", "http://nidia.example/a" };
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct options options = { .values = { [OPTION_public_url] = urls[data[0] / 4 % 4] } };
    struct site site = { .options = &options };
    struct request request = {};
    struct response response = { .headers = { .arena = arena } };
    struct call call = { .work = { .arena = arena, .site = &site },
                         .request = &request,
                         .response = &response };
    enum cookie cookie = data[0] % 4 % (COOKIE_ATTEMPT + 1);
    headers_read(&request, arena, (struct text){ (const char *)data + 1, size - 1 });
    check_mode(&call);

    struct text value = cookie_read(&call, cookie);
    assert(text_find_byte(value, ';') == value.length);
    assert(value.length == 0 || text_contains(request_header(&request, TEXT("Cookie")), value));
    check_again(&call, cookie, value);
    return 0;
}
