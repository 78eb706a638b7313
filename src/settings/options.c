#include "settings/options.h"
#include "mail/sender.h"
#include "model/formats.h"
#include "json/json.h"
#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORT_MAX = 65535 };

const struct option_words option_words[OPTION_COUNT] = {
#define OPTION(name, initially, words)                                                                       \
    { #name, initially, words,                                                                               \
      OPTION_##name == OPTION_admin_password || OPTION_##name == OPTION_smtp_password },
#include "settings/options.def"
#undef OPTION
};

/* "tenant-schema" and "tenant_schema" alike. */
static bool is_named(struct text given, const char *name)
{
    if (given.length != strlen(name))
        return false;
    for (size_t i = 0; i < given.length; i++)
        if (given.data[i] != name[i] && !(given.data[i] == '-' && name[i] == '_'))
            return false;
    return true;
}

static int find(struct text name)
{
    int i = 0;
    while (i < OPTION_COUNT && !is_named(name, option_words[i].name))
        i++;
    return i;
}

static bool is_number(int option)
{
    return option == OPTION_loops || option == OPTION_workers;
}

static bool is_address(int option)
{
    return option == OPTION_listen || option == OPTION_internal || option == OPTION_tls_check;
}

/* Whether there is such a host is found out when it is listened at. */
static bool is_address_formed(struct text value)
{
    int64_t port;
    if (text_starts(value, TEXT("unix:")))
        return value.length > sizeof "unix:" - 1;
    const char *colon = value.length > 0 ? memrchr(value.data, ':', value.length) : NULL;
    return colon && text_to_integer(text_slice(value, (size_t)(colon + 1 - value.data), SIZE_MAX), &port)
        && port >= 0 && port <= PORT_MAX;
}

static bool set(struct options *options, struct arena *arena, struct text name, struct text value,
                enum option_source source, struct error *error)
{
    int i = find(name);
    int64_t number;
    if (i == OPTION_COUNT)
        return fail(error, ERROR_unknown_parameter, "there is no option %.*s", TEXT_ARG(name));
    if (is_number(i) && (!text_to_integer(value, &number) || number < 0 || number > 1024))
        return fail(error, ERROR_malformed_value, "--%s must be a number from 0 to 1024",
                    option_words[i].name);
    if (is_address(i) && value.length > 0 && !is_address_formed(value))
        return fail(error, ERROR_malformed_value, "--%s must be HOST:PORT or unix:PATH, not %.*s",
                    option_words[i].name, TEXT_ARG(value));
    if (i == OPTION_smtp && value.length > 0 && !mail_url_is_formed(value))
        return fail(error, ERROR_malformed_value,
                    "--smtp must be smtp://HOST:PORT or smtps://HOST:PORT, without user or password");
    if (i == OPTION_mail_from && !format_is_email(value))
        return fail(error, ERROR_malformed_value, "--mail_from must be an e-mail, not %.*s", TEXT_ARG(value));
    if (options->sources[i] == source && source == SOURCE_COMMAND_LINE)
        return fail(error, ERROR_given_twice, "--%s is given twice", option_words[i].name);
    if (options->sources[i] <= source) {
        options->values[i] = arena_string(arena, value);
        options->sources[i] = source;
    }
    return true;
}

/* Takes the options out of the arguments; what is none stays, such as a command's own. */
static bool read_arguments(struct options *options, struct arena *arena, int *count, char **arguments,
                           const char **file, struct error *error)
{
    int kept = 0;
    for (int i = 0; i < *count; i++) {
        struct text value = text_from(arguments[i]);
        struct text name = text_slice(text_cut(&value, '='), 2, SIZE_MAX);
        bool is_file = text_is(name, "config");
        if (!text_starts(text_from(arguments[i]), TEXT("--")) || (!is_file && find(name) == OPTION_COUNT)) {
            arguments[kept++] = arguments[i];
            continue;
        }
        if (!strchr(arguments[i], '=')) {
            if (i + 1 == *count)
                return fail(error, ERROR_malformed_value, "--%.*s wants a value", TEXT_ARG(name));
            value = text_from(arguments[++i]);
        }
        if (is_file)
            *file = arena_string(arena, value);
        else if (!set(options, arena, name, value, SOURCE_COMMAND_LINE, error))
            return false;
    }
    *count = kept;
    return true;
}

static bool read_environment(struct options *options, struct arena *arena, struct error *error)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        struct text name = arena_format(arena, "NIDIA_%s", option_words[i].name);
        for (char *at = (char *)(uintptr_t)name.data; *at; at++)
            *at = (char)toupper((unsigned char)*at);
        const char *value = getenv(name.data);
        if (value
            && !set(options, arena, text_from(option_words[i].name), text_from(value), SOURCE_ENVIRONMENT,
                    error))
            return false;
    }
    return true;
}

struct reading {
    struct options *options;
    struct arena *arena;
    struct error *error;
};

static int read_line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    (void)section; /* sections are for the reader's eyes */
    return set(reading->options, reading->arena, text_from(name), text_from(value), SOURCE_FILE,
               reading->error);
}

static bool read_file(struct options *options, struct arena *arena, const char *file, struct error *error)
{
    struct text in_data = arena_format(arena, "%s/nidia.ini", option_string(options, OPTION_data));
    const char *path = file ? file : access("nidia.ini", F_OK) == 0 ? "nidia.ini" : in_data.data;
    if (!file && access(path, F_OK) != 0)
        return true;
    struct reading reading = { options, arena, error };
    int line = ini_parse(path, read_line, &reading);
    if (line == 0)
        return true;
    if (line < 0)
        return fail(error, ERROR_malformed_value, "%s cannot be read", path);
    return error->code != ERROR_none ? false
                                     : fail(error, ERROR_malformed_value, "%s:%d is malformed", path, line);
}

bool options_read(struct options *options, struct arena *arena, int *count, char **arguments,
                  struct error *error)
{
    const char *file = NULL;
    *options = (struct options){};
    for (int i = 0; i < OPTION_COUNT; i++)
        options->values[i] = option_words[i].initially;
    return read_arguments(options, arena, count, arguments, &file, error)
        && read_environment(options, arena, error) && read_file(options, arena, file, error);
}

const char *option_string(const struct options *options, enum option option)
{
    return options->values[option];
}

struct text options_given_url(const struct options *options)
{
    struct text url = text_from(option_string(options, OPTION_public_url));
    while (text_ends(url, TEXT("/")))
        url.length--;
    return url;
}

struct text options_public_url(const struct options *options, struct arena *arena)
{
    struct text url = options_given_url(options);
    return url.length > 0 ? url : arena_format(arena, "http://%s", option_string(options, OPTION_listen));
}

int option_integer(const struct options *options, enum option option)
{
    return atoi(options->values[option]);
}

/* "postgres://user:secret@host/db" → "postgres://user:***@host/db"; a password said in another way hides it
 * all. */
static struct text masked(struct arena *arena, int option, const char *value)
{
    if (option_words[option].secret || strstr(value, "password="))
        return *value ? TEXT("***") : TEXT("");
    const char *user = strstr(value, "://");
    size_t length = user ? strcspn(user + 3, "/?") : 0;
    const char *at = user ? memrchr(user + 3, '@', length) : NULL;
    const char *colon = at ? memchr(user + 3, ':', (size_t)(at - user - 3)) : NULL;
    if (!colon)
        return text_from(value);
    return arena_format(arena, "%.*s:***%s", (int)(colon - value), value, at);
}

void options_print(const struct options *options, struct arena *arena, bool as_json, struct buffer *out)
{
    static const char *const sources[] = { "default", "file", "environment", "command line" };
    for (int i = 0; i < OPTION_COUNT; i++) {
        struct text value = masked(arena, i, options->values[i]);
        const char *name = option_words[i].name, *source = sources[options->sources[i]];
        if (as_json) {
            buffer_print(out, "%s{\"option\":\"%s\",\"source\":\"%s\",\"value\":", i ? "," : "[", name,
                         source);
            json_add_text(out, value);
            buffer_add_byte(out, '}');
        } else {
            buffer_print(out, "%-20s %-12s %.*s\n", name, source, TEXT_ARG(value));
        }
    }
    buffer_add(out, as_json ? TEXT("]\n") : TEXT(""));
}
