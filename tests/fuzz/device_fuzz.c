/* The cookie of a known device as a stranger sends it: what is taken for ours is this person's, signed by us
 * and spelled as we spell it. */
#include "base/random.h"
#include "crypto/hash.h"
#include "identity/known_device.h"
#include "record/site.h"
#include "ring.h"
#include "sql/driver.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SOMEBODY "01920000-0000-7000-8000-00000000abcd"

static const int64_t now_ms = 1'767'225'600'000;

/* Asked for those that are genuine: nobody has chosen another password. */
static struct db *people(void)
{
    static const char users[] = "CREATE TABLE users (id TEXT, password_changed_at INTEGER) STRICT";
    static struct db *db;
    struct error error = {};
    if (db)
        return db;
    if (!sqlite_connect(&db, ":memory:", SQLITE_WRITES, &error) || !db_run_script(db, &error, users))
        abort();
    return db;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct site site = { .keyring = ring() };
    struct work work = { .arena = arena, .site = &site, .db = people(), .now = now_ms };
    struct text cookie = { (const char *)data, size }, rest = cookie, device, code;
    if (!known_device_read(&work, cookie, TEXT(SOMEBODY), &device))
        return 0;
    assert(text_equal(text_cut(&rest, '.'), TEXT(SOMEBODY)) && text_equal(text_cut(&rest, '.'), device));
    int64_t expires_ms;
    bool in_time = text_to_integer(text_cut(&rest, '.'), &expires_ms) && expires_ms > now_ms;
    bool decoded = base64url_decode(arena, rest, &code);
    assert(in_time && decoded && text_equal(base64url_encode(arena, code), rest));
    assert(!known_device_read(&work, cookie, TEXT("01920000-0000-7000-8000-00000000abce"), &device));
    return 0;
}
