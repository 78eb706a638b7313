#include "crypto/keyring_change.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "base/random.h"
#include "crypto/hash.h"
#include <stdio.h>

/* A key's line; of another line, `whole` alone. */
struct line {
    struct text whole, purpose, id, secret, replaced_at;
};

/* The ring cut into lines, and where in them the keys stand that a step is about; -1: nowhere. */
struct lines {
    struct line *list;
    size_t count;
    int current, named, spare;
};

enum { NOWHERE = -1 };

static struct line read_line(struct text whole)
{
    struct line line = { .whole = whole };
    struct text rest = text_trim(whole);
    if (rest.length == 0 || rest.data[0] == '#')
        return line;
    line.purpose = text_cut(&rest, ' ');
    line.id = text_cut(&rest, ' ');
    line.secret = text_cut(&rest, ' ');
    line.replaced_at = text_trim(rest);
    return line;
}

static struct lines read_lines(struct arena *arena, struct text ring, const struct keyring_change *change)
{
    struct lines lines = { .current = NOWHERE, .named = NOWHERE, .spare = NOWHERE };
    lines.list = arena_array(arena, struct line, ring.length + 1); /* a file has a limit */
    while (ring.length > 0) {
        struct line line = read_line(text_cut(&ring, '\n'));
        int at = (int)lines.count;
        lines.list[lines.count++] = line;
        if (!text_is(line.purpose, key_purpose_names[change->purpose]))
            continue;
        if (text_equal(line.id, change->id))
            lines.named = at;
        if (lines.current == NOWHERE)
            lines.current = at;
        else if (line.replaced_at.length == 0)
            lines.spare = at;
    }
    return lines;
}

static void print_key(struct buffer *out, const struct line *line)
{
    buffer_print(out, "%.*s %.*s %.*s", TEXT_ARG(line->purpose), TEXT_ARG(line->id), TEXT_ARG(line->secret));
}

/* One of the ring's lines as it is to be, with what now stands before it. */
static void print_line(struct buffer *out, const struct lines *lines, int at, int target,
                       const struct keyring_change *change)
{
    char now[TIME_TEXT_SIZE];
    bool replaced = change->step == KEY_MADE_CURRENT && at == lines->current;
    if (at == target && change->step != KEY_ADDED)
        return;
    if (replaced) {
        print_key(out, &lines->list[target]);
        buffer_add_byte(out, '\n');
        print_key(out, &lines->list[at]);
        buffer_print(out, " %.*s", TEXT_ARG(calendar_print_time(change->now, now)));
    } else
        buffer_add(out, lines->list[at].whole);
    buffer_add_byte(out, '\n');
}

static void print_fresh(struct arena *arena, struct buffer *out, const struct keyring_change *change)
{
    struct text bytes = random_token(arena, KEY_SIZE);
    buffer_print(out, "%s %s %.*s\n", key_purpose_names[change->purpose], change->done_to, TEXT_ARG(bytes));
}

static bool choose_id(struct arena *arena, const struct lines *lines, struct keyring_change *change,
                      struct text *id, struct error *error)
{
    unsigned char bytes[4];
    random_bytes(bytes, sizeof bytes);
    *id = change->id.length > 0 ? change->id : hex_encode(arena, TEXT_BYTES(bytes));
    if (!key_id_is_valid(*id))
        return fail(error, ERROR_conflict,
                    "a key's id is of a-z, 0-9, - and _, and at most %d characters long", KEY_ID_MAX);
    return lines->named == NOWHERE || fail(error, ERROR_conflict, "the ring has such a key");
}

/* Which line the step is done to. */
static bool choose_target(const struct lines *lines, const struct keyring_change *change, int *target,
                          struct error *error)
{
    *target = change->id.length > 0 ? lines->named : lines->spare;
    if (*target == NOWHERE && change->id.length == 0)
        return fail(error, ERROR_conflict,
                    "no key waits to %s with: `nidia key add` one, and let every node know it first",
                    key_purpose_names[change->purpose]);
    if (*target == NOWHERE)
        return fail(error, ERROR_not_found, "the ring has no key %.*s to %s with", TEXT_ARG(change->id),
                    key_purpose_names[change->purpose]);
    return *target != lines->current
        || fail(error, ERROR_conflict, "%.*s is the current key", TEXT_ARG(change->id));
}

bool keyring_change_text(struct arena *arena, struct text ring, struct keyring_change *change,
                         struct text *changed, struct error *error)
{
    struct lines lines = read_lines(arena, ring, change);
    struct buffer out = { .arena = arena };
    struct text id;
    int target = NOWHERE;
    if (change->step == KEY_ADDED) {
        if (!choose_id(arena, &lines, change, &id, error))
            return false;
    } else if (!choose_target(&lines, change, &target, error))
        return false;
    else
        id = lines.list[target].id;
    snprintf(change->done_to, sizeof change->done_to, "%.*s", TEXT_ARG(id));
    buffer_reserve(&out, 2 * ring.length + 200); /* no copy of a secret is left behind by growing */
    for (int i = 0; i < (int)lines.count; i++)
        print_line(&out, &lines, i, target, change);
    if (change->step == KEY_ADDED)
        print_fresh(arena, &out, change);
    *changed = out.text;
    return true;
}
