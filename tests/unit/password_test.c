#include "base/random.h"
#include "crypto/password.h"
#include "test.h"
#include <string.h>

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define KEY_B "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
#define REST  "seal a " KEY_A "\nsign a " KEY_A "\ncookie a " KEY_A "\n"

enum { COST = BCRYPT_COST_MIN };

struct room {
    struct arena *arena;
    struct keyring *keyring;
};

static void room_begin(struct room *room, const char *ring)
{
    struct error error = {};
    room->arena = arena_create();
    CHECK(keyring_read(&room->keyring, text_from(ring), &error));
}

static void room_end(struct room *room)
{
    keyring_close(room->keyring);
    arena_destroy(room->arena);
}

#define ROOM(ring)                                                                                           \
    [[gnu::cleanup(room_end)]] struct room room;                                                             \
    room_begin(&room, (ring))
#define HASH(password, id)          password_hash(room.arena, room.keyring, (password), COST, (id))
#define MATCHES(password, hash, id) password_matches(room.arena, room.keyring, (password), (hash), (id), COST)

TEST(bcrypt_is_that_of_others)
{
    ROOM("pepper a " KEY_A "\n" REST);
    CHECK(
        MATCHES(TEXT("U*U"), TEXT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), TEXT("")));
    CHECK(MATCHES(TEXT("U*U*"), TEXT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
                  TEXT("")));
    CHECK(MATCHES(TEXT(""), TEXT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"), TEXT("")));
    CHECK(!MATCHES(TEXT("U*V"), TEXT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                   TEXT("")));
}

TEST(a_hash_is_plain_bcrypt_with_a_salt_of_its_own)
{
    ROOM("pepper a " KEY_A "\n" REST);
    struct text id, first = HASH(TEXT("correct horse"), &id), second = HASH(TEXT("correct horse"), &id);
    CHECK(first.length == PASSWORD_HASH_LENGTH && text_starts(first, TEXT("$2b$04$")));
    CHECK(!text_equal(first, second) && text_is(id, "a"));
    CHECK(MATCHES(TEXT("correct horse"), first, id) && MATCHES(TEXT("correct horse"), second, id));
    CHECK(!MATCHES(TEXT("correct horsf"), first, id) && !MATCHES(TEXT(""), first, id));
}

TEST(what_bcrypt_would_cut_off_counts)
{
    ROOM("pepper a " KEY_A "\n" REST);
    char bytes[200];
    memset(bytes, 'a', sizeof bytes);
    struct text id, hash = HASH(((struct text){ bytes, sizeof bytes }), &id);
    bytes[199] = 'b';
    CHECK(!MATCHES(((struct text){ bytes, sizeof bytes }), hash, id));
    CHECK(!MATCHES(((struct text){ bytes, 72 }), hash, id));
    bytes[199] = 'a';
    CHECK(MATCHES(((struct text){ bytes, sizeof bytes }), hash, id));

    hash = HASH(TEXT("before\0after"), &id);
    CHECK(MATCHES(TEXT("before\0after"), hash, id));
    CHECK(!MATCHES(TEXT("before\0other"), hash, id) && !MATCHES(TEXT("before"), hash, id));
    CHECK(!MATCHES(TEXT("U*U\0"), TEXT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
                   TEXT("")));
}

TEST(the_pepper_belongs_to_the_hash)
{
    ROOM("pepper b " KEY_B "\npepper a " KEY_A "\n" REST);
    struct text id, hash = HASH(TEXT("correct horse"), &id);
    CHECK(text_is(id, "b"));
    CHECK(!MATCHES(TEXT("correct horse"), hash, TEXT("a")));
    CHECK(!MATCHES(TEXT("correct horse"), hash, TEXT("")));
    CHECK(!MATCHES(TEXT("correct horse"), hash, TEXT("gone")));
}

TEST(a_hash_of_other_parameters_is_stale)
{
    ROOM("pepper b " KEY_B "\npepper a " KEY_A "\n" REST);
    struct text id, hash = HASH(TEXT("correct horse"), &id);
    CHECK(!password_is_stale(room.keyring, hash, id, COST));
    CHECK(password_is_stale(room.keyring, hash, id, COST + 1));
    CHECK(password_is_stale(room.keyring, hash, TEXT("a"), COST));
    CHECK(password_is_stale(room.keyring, hash, TEXT(""), COST));
    struct text imported = TEXT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    CHECK(password_is_stale(room.keyring, imported, id, 5));
}

TEST(a_malformed_hash_matches_nothing)
{
    ROOM("pepper a " KEY_A "\n" REST);
    const char *const malformed[] = {
        "$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$1a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$04$!!!!!!!!!!!!!!!!!!!!!.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$-4$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    };
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        CHECK(!MATCHES(TEXT("U*U"), text_from(malformed[i]), TEXT("a")));
}
