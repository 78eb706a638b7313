/*
 * Where a stranger says that he comes from. The first byte chooses the peer and the proxies that are trusted.
 * An address is the peer's or one that a trusted proxy tells; what goes to the log is plain and short.
 */
#include "api/call.h"
#include "headers.h"
#include "settings/options.h"
#include <arpa/inet.h>
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_address(struct arena *arena, struct text text)
{
    unsigned char bytes[16];
    const char *string = arena_string(arena, text);
    return inet_pton(AF_INET, string, bytes) == 1 || inet_pton(AF_INET6, string, bytes) == 1;
}

static bool is_told(const struct request *request, struct text address)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (text_equal_blind(request->headers[i].name, TEXT("X-Forwarded-For"))
            && text_contains(request->headers[i].value, address))
            return true;
    return false;
}

static void check_address(const struct call *call, const char *trusted)
{
    struct text address = call->work.origin.address;
    if (text_equal(address, call->request->peer))
        return;
    assert(*trusted && is_address(call->work.arena, address) && is_told(call->request, address));
}

static void check_words(const struct origin *origin)
{
    assert(origin->request_id.length <= 64
           && text_consists_of(origin->request_id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                   "abcdefghijklmnopqrstuvwxyz0123456789-_."));
    assert(origin->trace_id.length == 0
           || (origin->trace_id.length == 32 && text_consists_of(origin->trace_id, "0123456789abcdef")));
    assert(!text_consists_of(origin->trace_id, "0"));
    assert(text_is_utf8(origin->user_agent) && origin->user_agent.length <= 400);
    assert(origin->language.length == 0 || text_is(origin->language, "es")
           || text_is(origin->language, "en"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const proxies[] = { "", "10.0.0.0/8, ::1", "fd00::/9,192.0.2.1", "0.0.0.0/0, ::/0" };
    static const char *const peers[] = { "10.1.2.3", "::1", "fd00::5", "203.0.113.9" };
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    const char *trusted = proxies[data[0] / 4 % 4];
    struct options options = { .values = { [OPTION_trusted_proxies] = trusted } };
    struct site site = { .options = &options };
    const struct gate gate = { .site = &site };
    struct request request = { .peer = text_from(peers[data[0] % 4]) };
    struct call call = { .work = { .arena = arena, .site = &site }, .request = &request };
    headers_read(&request, arena, (struct text){ (const char *)data + 1, size - 1 });
    call_read_origin(&call, &gate);
    check_address(&call, trusted);
    check_words(&call.work.origin);
    return 0;
}
