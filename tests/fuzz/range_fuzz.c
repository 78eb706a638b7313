/* A part of a file, as a stranger asks for it; the first byte chooses how large the file is. What is given
 * lies within it and is something, unless the file is nothing. */
#include "api/call.h"
#include "api/download.h"
#include "headers.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t sizes[] = { 1'000, 0, INT64_MAX, 1 };
    if (size == 0)
        return 0;
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct request request = { .method = METHOD_GET };
    struct call_state state = {};
    struct call call = { .work = { .arena = arena }, .request = &request, .state = &state };
    struct download download = { .path = "", .sha256 = TEXT("aa"), .size = sizes[data[0] % 4] };
    headers_read(&request, arena, (struct text){ (const char *)data + 1, size - 1 });
    if (!download_choose(&call, &download)) {
        assert(call.work.error.code == ERROR_range_not_satisfiable && state.range.length > 0);
        return 0;
    }
    assert(download.first >= 0 && download.first <= download.past && download.past <= download.size);
    assert(download.first < download.past || download.size == 0);
    return 0;
}
