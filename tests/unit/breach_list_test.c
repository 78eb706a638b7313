#include "crypto/hash.h"
#include "identity/breach_list.h"
#include "test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELD = 700 };

struct list {
    char folder[64], path[80];
    char (*hashes)[2 * SHA1_SIZE + 1];
};

static void write_list(struct list *list, const char *content, size_t length)
{
    test_make_folder(list->folder, sizeof list->folder);
    snprintf(list->path, sizeof list->path, "%s/breaches", list->folder);
    int file = open(list->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(file >= 0 && write(file, content, length) == (ssize_t)length);
    close(file);
}

static void list_end(struct list *list)
{
    unlink(list->path);
    rmdir(list->folder);
}

static struct text password_of(char out[static 16], int number)
{
    return (struct text){ out, (size_t)snprintf(out, 16, "clave %d", number) };
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The hashes of "clave 0" to "clave 699" with counts of every length, as they are given out. */
static void begin(struct list *list, const char *end_of_line, bool last_line_ends)
{
    static char hashes[HELD][2 * SHA1_SIZE + 1], content[HELD * 64];
    char password[16], *at = content;
    for (int i = 0; i < HELD; i++)
        sha1_hex(password_of(password, i), hashes[i]);
    qsort(hashes, HELD, sizeof *hashes, by_bytes);
    for (int i = 0; i < HELD; i++)
        at += sprintf(at, "%s:%llu%s", hashes[i], (unsigned long long)test_random() >> (i % 60), end_of_line);
    size_t length = (size_t)(at - content) - (last_line_ends ? 0 : strlen(end_of_line));
    write_list(list, content, length);
}

static bool holds(const struct list *list, struct text password)
{
    struct error error = {};
    bool held = false;
    CHECK(breach_list_look(list->path, password, &held, &error));
    return held;
}

TEST(each_password_of_the_list_is_found_and_no_other)
{
    static const struct {
        const char *end_of_line;
        bool last_line_ends;
    } forms[] = { { "\n", true }, { "\r\n", true }, { "\r\n", false } };
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
        [[gnu::cleanup(list_end)]] struct list list;
        char password[16];
        begin(&list, forms[form].end_of_line, forms[form].last_line_ends);
        for (int i = 0; i < 2 * HELD; i++) {
            test_note("form %zu, clave %d", form, i);
            CHECK(holds(&list, password_of(password, i)) == (i < HELD));
        }
        CHECK(!holds(&list, TEXT("")));
    }
}

TEST(a_list_of_one_or_of_none_is_a_list)
{
    [[gnu::cleanup(list_end)]] struct list one, none;
    static const char line[] =
        "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:3"; /* "password", in small letters */
    write_list(&one, line, sizeof line - 1);
    write_list(&none, "", 0);
    CHECK(holds(&one, TEXT("password")) && !holds(&one, TEXT("passwore")));
    CHECK(!holds(&none, TEXT("password")));
    struct error error = {};
    bool held = true;
    CHECK(breach_list_look("", TEXT("password"), &held, &error) && !held);
}

TEST(what_is_no_list_lets_no_password_pass)
{
    [[gnu::cleanup(list_end)]] struct list words;
    struct error error = {};
    bool held;
    write_list(&words, "password\n123456\nqwerty\n", 23);
    CHECK(!breach_list_look(words.path, TEXT("password"), &held, &error) && error.code == ERROR_internal);
    CHECK(!breach_list_look("/tmp/none-such", TEXT("password"), &held, &error));
    CHECK(!breach_list_look("/", TEXT("password"), &held, &error));
}
