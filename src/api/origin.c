/* Where a request came from: its id, its address behind trusted proxies, its user agent and language. */
#include "api/call.h"
#include "api/traceparent.h"
#include "base/random.h"
#include "settings/options.h"
#include <arpa/inet.h>
#include <string.h>

enum { REQUEST_ID_MAX = 64, USER_AGENT_MAX = 400 };

static bool is_request_id(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z')
                  || (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' || byte == '.';
        if (!plain)
            return false;
    }
    return text.length > 0 && text.length <= REQUEST_ID_MAX;
}

/* An address as 16 bytes (IPv4 mapped into IPv6), so that both kinds compare alike. */
static bool read_address(struct text text, unsigned char out[static 16])
{
    char string[INET6_ADDRSTRLEN];
    if (text.length == 0 || text.length >= sizeof string)
        return false;
    memcpy(string, text.data, text.length);
    string[text.length] = '\0';
    if (inet_pton(AF_INET6, string, out) == 1)
        return true;
    memset(out, 0, 10);
    memset(out + 10, 0xff, 2);
    return inet_pton(AF_INET, string, out + 12) == 1;
}

/* Does "10.0.0.0/8" or "::1" hold the address? */
static bool network_holds(struct text network, const unsigned char address[static 16])
{
    unsigned char start[16];
    struct text rest = text_trim(network);
    struct text base = text_cut(&rest, '/');
    int64_t bits = 128;
    if (!read_address(base, start))
        return false;
    bool is_ipv4 = text_find_byte(base, ':') == base.length;
    if (rest.length > 0 && (!text_to_integer(rest, &bits) || bits < 0 || bits > (is_ipv4 ? 32 : 128)))
        return false;
    if (is_ipv4 && rest.length > 0)
        bits += 96;
    int64_t whole = bits / 8, left = bits % 8;
    unsigned mask = 0xff00u >> left & 0xff;
    return memcmp(start, address, (size_t)whole) == 0
        && (left == 0 || (start[whole] & mask) == (address[whole] & mask));
}

static bool is_trusted(const struct site *site, struct text peer)
{
    unsigned char address[16];
    struct text rest = text_from(option_string(site->options, OPTION_trusted_proxies));
    if (rest.length == 0 || !read_address(peer, address))
        return false;
    while (rest.length > 0)
        if (network_holds(text_cut(&rest, ','), address))
            return true;
    return false;
}

/* Goes back through one list, each proxy having added its peer at the end; false where trust ends. */
static bool follow(const struct site *site, struct text list, struct text *address)
{
    while (list.length > 0) {
        size_t from = list.length;
        while (from > 0 && list.data[from - 1] != ',')
            from--;
        struct text last = text_trim(text_slice(list, from, list.length));
        unsigned char bytes[16];
        if (!is_trusted(site, *address) || !read_address(last, bytes))
            return false;
        *address = last;
        list = text_slice(list, 0, from > 0 ? from - 1 : 0);
    }
    return true;
}

/* The last address of X-Forwarded-For that is not itself a trusted proxy's. A proxy may add a header of its
 * own behind one that the client sent: several are one list. */
static struct text forwarded_address(const struct site *site, const struct request *request)
{
    struct text address = request->peer;
    bool goes_on = true;
    for (size_t i = request->header_count; i-- > 0 && goes_on;)
        if (text_equal_blind(request->headers[i].name, TEXT("X-Forwarded-For")))
            goes_on = follow(site, request->headers[i].value, &address);
    return address;
}

/* The first language of the list that we have; browsers begin with the one that is liked best. Empty: none.
 */
static struct text read_language(struct text list)
{
    while (list.length > 0) {
        struct text item = text_cut(&list, ','), tag = text_trim(text_cut(&item, ';'));
        struct text language = text_cut(&tag, '-');
        if (text_equal_blind(language, TEXT("es")))
            return TEXT("es");
        if (text_equal_blind(language, TEXT("en")))
            return TEXT("en");
    }
    return TEXT("");
}

void call_read_origin(struct call *call, const struct gate *gate)
{
    const struct request *request = call->request;
    struct origin *origin = &call->work.origin;
    struct text id = request_header(request, TEXT("X-Request-Id"));
    struct text agent = request_header(request, TEXT("User-Agent"));
    origin->request_id = is_request_id(id) ? id : random_uuid(call->work.arena, call->work.now);
    origin->trace_id = traceparent_read(request);
    origin->address = forwarded_address(gate->site, request);
    origin->user_agent = text_is_utf8(agent) ? text_head(agent, USER_AGENT_MAX) : TEXT("");
    origin->language = read_language(request_header(request, TEXT("Accept-Language")));
}
