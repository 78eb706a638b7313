/* Options: command line over environment over file over default, and no secret ever printed. */
#include "base/log.h"
#include "settings/options.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 12 };

struct reading {
    struct arena *arena;
    struct options options;
    struct error error;
    char *arguments[ARGUMENTS_MAX];
    int count;
    char folder[64], file[96]; /* where nidia.ini is, if the test wrote one */
};

static void reading_end(struct reading *reading)
{
    arena_destroy(reading->arena);
    unlink(reading->file);
    rmdir(reading->folder);
}

static struct reading reading_of(const char *ini)
{
    struct reading reading = { .arena = arena_create() };
    test_make_folder(reading.folder, sizeof reading.folder);
    snprintf(reading.file, sizeof reading.file, "%s/nidia.ini", reading.folder);
    FILE *file = fopen(reading.file, "w");
    if (!file || fputs(ini, file) < 0 || fclose(file) != 0)
        abort();
    return reading;
}

/* With the folder of the file for data, and then these. */
static bool read_with(struct reading *reading, int count, const char *const *arguments)
{
    reading->arguments[0] =
        arena_string(reading->arena, TEXT("--data")) ? (char *)(uintptr_t) "--data" : NULL;
    reading->arguments[1] = reading->folder;
    for (int i = 0; i < count; i++)
        reading->arguments[i + 2] = (char *)(uintptr_t)arguments[i];
    reading->count = count + 2;
    error_clear(&reading->error);
    return options_read(&reading->options, reading->arena, &reading->count, reading->arguments,
                        &reading->error);
}

#define READ(reading, ...)                                                                                   \
    read_with(reading, (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)),                      \
              (const char *[]){ __VA_ARGS__ })

static bool is(const struct reading *reading, enum option option, const char *value,
               enum option_source source)
{
    return strcmp(option_string(&reading->options, option), value) == 0
        && reading->options.sources[option] == source;
}

TEST(each_source_stands_over_the_next)
{
    [[gnu::cleanup(reading_end)]] struct reading reading = reading_of("listen = file:1\n");
    unsetenv("NIDIA_LISTEN");
    CHECK(read_with(&reading, 0, NULL) && is(&reading, OPTION_listen, "file:1", SOURCE_FILE));
    CHECK(is(&reading, OPTION_log_level, "info", SOURCE_DEFAULT));
    setenv("NIDIA_LISTEN", "environment:1", true);
    CHECK(read_with(&reading, 0, NULL) && is(&reading, OPTION_listen, "environment:1", SOURCE_ENVIRONMENT));
    CHECK(READ(&reading, "--listen", "line:1") && is(&reading, OPTION_listen, "line:1", SOURCE_COMMAND_LINE));
    unsetenv("NIDIA_LISTEN");
}

TEST(an_option_may_be_written_in_each_usual_way)
{
    [[gnu::cleanup(reading_end)]] struct reading reading =
        reading_of("[places]\ntenant_schema = from file\n; a remark\n");
    CHECK(READ(&reading, "--listen=a:1", "--public-url", "https://a.test", "--workers=3"));
    CHECK(is(&reading, OPTION_listen, "a:1", SOURCE_COMMAND_LINE));
    CHECK(is(&reading, OPTION_public_url, "https://a.test", SOURCE_COMMAND_LINE));
    CHECK(is(&reading, OPTION_tenant_schema, "from file", SOURCE_FILE));
    CHECK(option_integer(&reading.options, OPTION_workers) == 3);
}

TEST(what_is_no_option_stays_for_the_command)
{
    [[gnu::cleanup(reading_end)]] struct reading reading = reading_of("");
    CHECK(READ(&reading, "tenant", "--workers", "2", "create", "--slug", "acme"));
    CHECK(reading.count == 4);
    static const char *const left[] = { "tenant", "create", "--slug", "acme" };
    for (int i = 0; i < 4 && i < reading.count; i++)
        CHECK(strcmp(reading.arguments[i], left[i]) == 0);
}

TEST(a_mistake_is_told)
{
    [[gnu::cleanup(reading_end)]] struct reading reading = reading_of("colour = red\n");
    CHECK(!read_with(&reading, 0, NULL) && strstr(reading.error.about, "colour"));
    [[gnu::cleanup(reading_end)]] struct reading good = reading_of("");
    CHECK(!READ(&good, "--workers", "many") && strstr(good.error.about, "workers"));
    CHECK(!READ(&good, "--workers", "-1") && !READ(&good, "--workers", "1025"));
    CHECK(!READ(&good, "--listen") && strstr(good.error.about, "listen"));
    CHECK(!READ(&good, "--listen", "nonsense") && strstr(good.error.about, "--listen must be"));
    CHECK(!READ(&good, "--internal", "unix:") && !READ(&good, "--internal", "host:65536"));
    CHECK(!READ(&good, "--listen", "a:1", "--listen", "b:1") && good.error.code == ERROR_given_twice);
    CHECK(!READ(&good, "--config", "/nowhere/nidia.ini") && strstr(good.error.about, "/nowhere"));
    [[gnu::cleanup(reading_end)]] struct reading torn = reading_of("listen = a:1\nthis is no line\n");
    CHECK(!read_with(&torn, 0, NULL) && strstr(torn.error.about, ":2"));
}

TEST(no_secret_is_printed)
{
    [[gnu::cleanup(reading_end)]] struct reading reading = reading_of("");
    CHECK(READ(&reading, "--database", "postgres://nidia:hunter2@db.test:5432/nidia?sslmode=require",
               "--admin-password", "hunter3", "--tenant-database-url", "postgres://db.test/postgres"));
    struct buffer lines = { .arena = reading.arena }, json = { .arena = reading.arena };
    options_print(&reading.options, reading.arena, false, &lines);
    options_print(&reading.options, reading.arena, true, &json);
    CHECK(READ(&reading, "--database", "postgres://nidia:hun@ter2@db.test/nidia", "--owner-url",
               "postgres://db.test/nidia?user=o&password=hunter4", "--tenant-database-url",
               "host=db.test password=hunter5"));
    options_print(&reading.options, reading.arena, true, &json);
    CHECK(!text_contains(json.text, TEXT("ter2")));
    const struct text texts[] = { lines.text, json.text };
    for (size_t i = 0; i < 2; i++) {
        CHECK(!text_contains(texts[i], TEXT("hunter")));
        CHECK(text_contains(texts[i], TEXT("postgres://nidia:***@db.test:5432/nidia?sslmode=require")));
        CHECK(text_contains(texts[i], TEXT("postgres://db.test/postgres")));
        CHECK(text_contains(texts[i], TEXT("command line")) && text_contains(texts[i], TEXT("default")));
    }
    CHECK(text_starts(json.text, TEXT("[{\"option\":\"data\"")));
}

TEST(a_log_level_is_one_of_four_words)
{
    enum log_level level;
    CHECK(log_level_named(TEXT("debug"), &level) && level == LOG_DEBUG);
    CHECK(log_level_named(TEXT("error"), &level) && level == LOG_ERROR);
    CHECK(!log_level_named(TEXT("loud"), &level) && !log_level_named(TEXT(""), &level));
}
