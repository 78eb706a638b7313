#include "main/print.h"
#include "main/pages.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>

enum { WIDTH_MAX = 44, COLUMNS_MAX = 16 };

static bool read(const struct invocation *invocation, const struct reply *reply, struct json *json)
{
    struct error error = {};
    if (!invocation->as_json && json_read(reply->body, invocation->arena, json, &error))
        return true;
    printf("%.*s\n", TEXT_ARG(reply->body));
    return false;
}

/* A cell without control characters: what a person typed must not drive the terminal. */
static struct text cell(const struct invocation *invocation, const struct json *object, const char *column)
{
    const struct json *value = json_member(object, text_from(column));
    if (!value || value->kind == JSON_NULL)
        return TEXT("-");
    struct buffer out = { .arena = invocation->arena };
    if (value->kind == JSON_TEXT)
        buffer_add(&out, value->text);
    else
        json_add(&out, value);
    for (size_t i = 0; i < out.length; i++)
        if ((unsigned char)out.data[i] < 0x20 || out.data[i] == 0x7f)
            out.data[i] = ' ';
    return out.text;
}

/* A table that is printed as its rows come. */
struct listing {
    const struct invocation *invocation;
    const char *const *columns;
    int widths[COLUMNS_MAX]; /* as the pages so far want them */
    size_t pages, rows;      /* that are printed */
};

static void widen(struct listing *listing, const struct json *rows)
{
    for (size_t c = 0; listing->columns[c]; c++) {
        size_t width = strlen(listing->columns[c]);
        for (size_t i = 0; i < rows->count; i++) {
            size_t points =
                text_count_points(cell(listing->invocation, &rows->items[i], listing->columns[c]));
            width = points > width ? points : width;
        }
        int wanted = width < WIDTH_MAX ? (int)width : WIDTH_MAX;
        listing->widths[c] = wanted > listing->widths[c] ? wanted : listing->widths[c];
    }
}

static void print_cell(struct text text, int width, bool last)
{
    int points = (int)text_count_points(text);
    printf("%.*s%*s", TEXT_ARG(text), last ? 0 : (points < width ? width - points : 0) + 2, "");
}

static void print_line(const struct listing *listing, const struct json *row)
{
    const char *const *columns = listing->columns;
    for (size_t c = 0; columns[c]; c++)
        print_cell(row ? cell(listing->invocation, row, columns[c]) : text_from(columns[c]),
                   listing->widths[c], !columns[c + 1]);
    putchar('\n');
}

static void print_table(struct listing *listing, const struct json *rows)
{
    widen(listing, rows);
    if (listing->pages == 0)
        print_line(listing, NULL);
    for (size_t i = 0; i < rows->count; i++)
        print_line(listing, &rows->items[i]);
}

static void print_json(const struct listing *listing, const struct json *rows)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer out = { .arena = arena };
    if (listing->pages == 0)
        buffer_add(&out, TEXT("{\"data\":["));
    for (size_t i = 0; i < rows->count; i++) {
        buffer_add(&out, listing->rows + i > 0 ? TEXT(",") : TEXT(""));
        json_add(&out, &rows->items[i]);
    }
    printf("%.*s", TEXT_ARG(out.text));
}

static void print_page(void *context, const struct json *rows)
{
    struct listing *listing = context;
    if (listing->invocation->as_json)
        print_json(listing, rows);
    else
        print_table(listing, rows);
    listing->pages++;
    listing->rows += rows->count;
}

bool print_all(struct invocation *invocation, struct text target, const char *const *columns, size_t *count)
{
    struct listing listing = { .invocation = invocation, .columns = columns };
    bool is_whole = pages_read(invocation, target, print_page, &listing);
    printf("%s", is_whole && invocation->as_json ? "],\"next_cursor\":null}\n" : "");
    *count = listing.rows;
    return is_whole;
}

int print_list(struct invocation *invocation, struct text target, const char *const *columns)
{
    size_t count;
    return print_all(invocation, target, columns, &count) ? EXIT_DONE : EXIT_FAILED;
}

void print_rows(const struct invocation *invocation, const struct reply *reply, const char *const *columns)
{
    struct listing listing = { .invocation = invocation, .columns = columns };
    struct json json;
    if (read(invocation, reply, &json))
        print_table(&listing, json_member(&json, TEXT("data")));
}

void print_record(const struct invocation *invocation, const struct reply *reply, const char *const *columns)
{
    struct json json;
    if (reply->body.length == 0 || !read(invocation, reply, &json))
        return;
    for (size_t c = 0; columns[c]; c++)
        if (json_member(&json, text_from(columns[c])))
            printf("%-22s %.*s\n", columns[c], TEXT_ARG(cell(invocation, &json, columns[c])));
}

int print_made(struct invocation *invocation, struct text target, struct buffer *body,
               const char *const *columns)
{
    struct reply reply;
    if (!command_call(invocation, METHOD_POST, target, body->text, &reply))
        return EXIT_FAILED;
    print_record(invocation, &reply, columns);
    return EXIT_DONE;
}
