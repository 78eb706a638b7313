/* Command line over environment (NIDIA_*) over nidia.ini over default: one table, options.def. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

enum option {
#define OPTION(name, initially, words) OPTION_##name,
#include "settings/options.def"
#undef OPTION
    OPTION_COUNT
};

enum option_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_COMMAND_LINE };

struct option_words {
    const char *name, *initially, *words;
    bool secret; /* is never printed */
};
extern const struct option_words option_words[OPTION_COUNT];

struct options {
    const char *values[OPTION_COUNT];
    enum option_source sources[OPTION_COUNT];
};

/*
 * Reads "--name value" and "--name=value" out of the arguments (what is no option stays, in order, and *count
 * becomes how many), then the environment, then the file (`nidia.ini` here or in the data folder, or --config
 * FILE). Fails with `malformed_value` naming what is unknown, given twice or malformed. The values lie in the
 * arena.
 */
[[nodiscard]] bool options_read(struct options *options, struct arena *arena, int *count, char **arguments,
                                struct error *error);

const char *option_string(const struct options *options, enum option option); /* "" where it is empty */
/* public_url without a slash at the end; empty: none is set. */
struct text options_given_url(const struct options *options);
/* How the world reaches us, without a slash at the end: public_url, else where we listen. */
struct text options_public_url(const struct options *options, struct arena *arena);
int option_integer(const struct options *options, enum option option);

/* Each option with its value and where that came from; passwords, in URLs too, are masked. */
void options_print(const struct options *options, struct arena *arena, bool as_json, struct buffer *out);
