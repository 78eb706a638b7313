#include "base/random.h"
#include "crypto/keyring_change.h"
#include "crypto/mac.h"
#include "test.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define REST "pepper a " KEY "\nsign a " KEY "\ncookie a " KEY "\n"

/* A folder of its own for each test, gone with all that is in it. */
struct folder {
    char path[64], ring[96];
};

static void folder_begin(struct folder *folder)
{
    test_make_folder(folder->path, sizeof folder->path);
    strcat(strcpy(folder->ring, folder->path), "/keys");
}

static void folder_end(struct folder *folder)
{
    unlink(folder->ring);
    CHECK(rmdir(folder->path) == 0); /* nothing else was left in it */
}

static bool reads(const char *text, struct error *error)
{
    struct keyring *keyring = NULL;
    error_clear(error);
    bool done = keyring_read(&keyring, text_from(text), error);
    CHECK(done == (keyring != NULL));
    keyring_close(keyring);
    return done;
}

TEST(a_ring_has_a_current_key_for_each_purpose_and_finds_the_others)
{
    struct keyring *keyring = NULL;
    struct error error = {};
    CHECK(keyring_read(&keyring,
                       TEXT("seal b-2 ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8\nseal a_1 " KEY "\n" REST),
                       &error));
    CHECK(strcmp(keyring_current(keyring, KEY_SEAL)->id, "b-2") == 0);
    CHECK(keyring_count(keyring, KEY_SEAL) == 2 && keyring_count(keyring, KEY_SIGN) == 1);
    const struct key *older = keyring_find(keyring, KEY_SEAL, TEXT("a_1"));
    CHECK(older == keyring_at(keyring, KEY_SEAL, 1) && older->bytes[31] == 0x1f);
    CHECK(!keyring_find(keyring, KEY_SEAL, TEXT("a")));
    keyring_close(keyring);
}

TEST(a_ring_that_is_not_whole_is_refused)
{
    const char *const refused[] = {
        "",
        REST,
        "seal a " KEY "\npepper a " KEY "\nsign a " KEY "\n",
        "seal a AAECAw\n" REST,
        "seal a " KEY "A\n" REST,
        "seal a " KEY "=\n" REST,
        "seal  a " KEY "\n" REST,
        "seal a\n" REST,
        "SEAL a " KEY "\n" REST,
        "other a " KEY "\nseal a " KEY "\n" REST,
        "seal a.b " KEY "\n" REST,
        "seal a\"b " KEY "\n" REST,
        "seal abcdefghijklmnopq " KEY "\n" REST,
        "seal a " KEY "\nseal a " KEY "\n" REST,
    };
    struct error error;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test_note("ring %zu", i);
        CHECK(!reads(refused[i], &error) && error.code == ERROR_internal);
        CHECK(!strstr(error.about, "AAEC"));
    }
    CHECK(reads("seal a " KEY "\n" REST, &error));
}

TEST(a_missing_file_is_made_once_for_its_owner_alone)
{
    [[gnu::cleanup(folder_end)]] struct folder folder;
    folder_begin(&folder);
    struct keyring *first = NULL, *second = NULL;
    struct error error = {};
    CHECK(!keyring_open(&first, folder.ring, false, &error) && access(folder.ring, F_OK) < 0);
    CHECK(keyring_open(&first, folder.ring, true, &error));
    struct stat status;
    CHECK(stat(folder.ring, &status) == 0 && (status.st_mode & 07777) == 0600);
    CHECK(keyring_open(&second, folder.ring, true, &error));
    for (enum key_purpose purpose = 0; first && second && purpose < KEY_PURPOSE_COUNT; purpose++) {
        const struct key *key = keyring_current(first, purpose);
        CHECK(memcmp(key, keyring_current(second, purpose), sizeof *key) == 0);
        CHECK(purpose == 0 || memcmp(key->bytes, keyring_current(first, purpose - 1)->bytes, KEY_SIZE) != 0);
    }
    keyring_close(first);
    keyring_close(second);
}

TEST(a_file_that_others_may_read_is_refused)
{
    [[gnu::cleanup(folder_end)]] struct folder folder;
    folder_begin(&folder);
    struct keyring *keyring = NULL;
    struct error error = {};
    CHECK(keyring_open(&keyring, folder.ring, true, &error));
    keyring_close(keyring);
    const mode_t modes[] = { 0640, 0604, 0620, 0601 };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        CHECK(chmod(folder.ring, modes[i]) == 0);
        error_clear(&error);
        CHECK(!keyring_open(&keyring, folder.ring, true, &error) && strstr(error.about, "others"));
    }
    CHECK(chmod(folder.ring, 0400) == 0);
    CHECK(keyring_open(&keyring, folder.ring, false, &error));
    keyring_close(keyring);
}

TEST(a_folder_is_no_ring)
{
    [[gnu::cleanup(folder_end)]] struct folder folder;
    folder_begin(&folder);
    struct keyring *keyring = NULL;
    struct error error = {};
    CHECK(!keyring_open(&keyring, folder.path, true, &error) && !keyring);
}

TEST(a_code_is_known_under_every_key_of_the_ring_and_by_no_few_bytes)
{
    static const char other[] = "cookie b AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n";
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct error error = {};
    struct keyring *before, *after;
    struct text text = arena_format(arena, "seal a %s\n%s", KEY, REST);
    CHECK(keyring_read(&before, text, &error));
    CHECK(keyring_read(&after, arena_format(arena, "%s%.*s", other, TEXT_ARG(text)), &error));
    struct text mac = mac_make(arena, before, TEXT("use:what"));
    CHECK(mac.length == MAC_SIZE && mac_matches(arena, after, TEXT("use:what"), mac));
    CHECK(!text_equal(mac, mac_make(arena, after, TEXT("use:what"))));
    CHECK(mac_matches(arena, after, TEXT("use:what"), text_slice(mac, 0, MAC_SIZE_MIN)));
    CHECK(!mac_matches(arena, after, TEXT("use:what"), text_slice(mac, 0, MAC_SIZE_MIN - 1)));
    CHECK(!mac_matches(arena, after, TEXT("use:what"), TEXT("")));
    CHECK(!mac_matches(arena, after, TEXT("use:that"), mac));
    CHECK(!mac_matches(arena, before, TEXT("use:what"), mac_make(arena, after, TEXT("use:what"))));
    keyring_close(before);
    keyring_close(after);
}

#define OTHER "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static bool changes(struct arena *arena, struct text *ring, enum key_step step, const char *id,
                    struct error *error)
{
    struct keyring_change change = { .step = step, .purpose = KEY_SEAL, .id = text_from(id), .now = 1'000 };
    error_clear(error);
    return keyring_change_text(arena, *ring, &change, ring, error) && strlen(change.done_to) > 0;
}

TEST(a_key_is_added_behind_the_others_made_current_and_retired)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text ring = TEXT("# ours\nseal a " KEY "\nseal b " OTHER "\n" REST);
    struct error error;
    CHECK(changes(arena, &ring, KEY_ADDED, "c", &error) && changes(arena, &ring, KEY_ADDED, "", &error));
    CHECK(text_starts(ring, TEXT("# ours\nseal a " KEY "\nseal b " OTHER "\n" REST "seal c ")));
    CHECK(changes(arena, &ring, KEY_MADE_CURRENT, "b", &error));
    CHECK(
        text_starts(ring, TEXT("# ours\nseal b " OTHER "\nseal a " KEY " 1970-01-01T00:00:01.000Z\n" REST)));
    CHECK(!changes(arena, &ring, KEY_RETIRED, "b", &error) && error.code == ERROR_conflict);
    CHECK(!changes(arena, &ring, KEY_RETIRED, "d", &error) && error.code == ERROR_not_found);
    CHECK(!changes(arena, &ring, KEY_ADDED, "a", &error) && error.code == ERROR_conflict);
    CHECK(!changes(arena, &ring, KEY_ADDED, "a.b", &error) && error.code == ERROR_conflict);
    CHECK(changes(arena, &ring, KEY_RETIRED, "c", &error) && !text_contains(ring, TEXT("seal c ")));

    struct keyring *keyring = NULL;
    CHECK(keyring_read(&keyring, ring, &error) && keyring_count(keyring, KEY_SEAL) == 3);
    CHECK(strcmp(keyring_current(keyring, KEY_SEAL)->id, "b") == 0);
    CHECK(keyring_find(keyring, KEY_SEAL, TEXT("a"))->replaced_at == 1'000);
    keyring_close(keyring);
}

TEST(without_a_name_the_key_added_last_becomes_current_and_never_one_that_was)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text ring = TEXT("seal a " KEY "\n" REST);
    struct error error;
    CHECK(!changes(arena, &ring, KEY_MADE_CURRENT, "", &error) && error.code == ERROR_conflict);
    CHECK(changes(arena, &ring, KEY_ADDED, "b", &error) && changes(arena, &ring, KEY_ADDED, "c", &error));
    CHECK(changes(arena, &ring, KEY_MADE_CURRENT, "", &error) && text_starts(ring, TEXT("seal c ")));
    CHECK(changes(arena, &ring, KEY_MADE_CURRENT, "", &error) && text_starts(ring, TEXT("seal b ")));
    CHECK(!changes(arena, &ring, KEY_MADE_CURRENT, "", &error));
    CHECK(changes(arena, &ring, KEY_MADE_CURRENT, "a", &error));
    CHECK(text_starts(ring, TEXT("seal a " KEY "\nseal b ")));
}

TEST(a_ring_s_file_is_replaced_whole_and_for_its_owner_alone)
{
    [[gnu::cleanup(folder_end)]] struct folder folder;
    folder_begin(&folder);
    struct keyring *keyring = NULL;
    struct error error = {};
    struct keyring_change change = { .step = KEY_ADDED, .purpose = KEY_SIGN, .id = TEXT("next") };
    CHECK(!keyring_change_file(folder.ring, &change, &error));
    error_clear(&error);
    CHECK(keyring_open(&keyring, folder.ring, true, &error));
    keyring_close(keyring);
    CHECK(keyring_change_file(folder.ring, &change, &error));
    struct stat status;
    CHECK(stat(folder.ring, &status) == 0 && (status.st_mode & 07777) == 0600);
    CHECK(keyring_open(&keyring, folder.ring, false, &error) && keyring_count(keyring, KEY_SIGN) == 2);
    keyring_close(keyring);

    /* What could not be read again is not written. */
    for (int i = 2; i < KEYS_MAX_PER_PURPOSE; i++) {
        change.id = TEXT("");
        CHECK(keyring_change_file(folder.ring, &change, &error));
    }
    CHECK(!keyring_change_file(folder.ring, &change, &error));
    error_clear(&error);
    CHECK(keyring_open(&keyring, folder.ring, false, &error));
    keyring_close(keyring);
}
