#include "main/print.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>

enum { WIDTH_MAX = 44 };

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

static int width_of(const struct invocation *invocation, const struct json *rows, const char *column)
{
    size_t width = strlen(column);
    for (size_t i = 0; i < rows->count; i++) {
        size_t points = text_count_points(cell(invocation, &rows->items[i], column));
        width = points > width ? points : width;
    }
    return width < WIDTH_MAX ? (int)width : WIDTH_MAX;
}

static void print_cell(struct text text, int width, bool last)
{
    int points = (int)text_count_points(text);
    printf("%.*s%*s", TEXT_ARG(text), last ? 0 : (points < width ? width - points : 0) + 2, "");
}

void print_rows(const struct invocation *invocation, const struct reply *reply, const char *const *columns)
{
    struct json json;
    if (!read(invocation, reply, &json))
        return;
    const struct json *rows = json_member(&json, TEXT("data"));
    if (!rows)
        return;
    for (size_t c = 0; columns[c]; c++)
        print_cell(text_from(columns[c]), width_of(invocation, rows, columns[c]), !columns[c + 1]);
    putchar('\n');
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t c = 0; columns[c]; c++)
            print_cell(cell(invocation, &rows->items[i], columns[c]), width_of(invocation, rows, columns[c]),
                       !columns[c + 1]);
        putchar('\n');
    }
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

int print_got(struct invocation *invocation, struct text target, const char *const *columns)
{
    struct reply reply;
    if (!command_call(invocation, METHOD_GET, target, (struct text){}, &reply))
        return EXIT_FAILED;
    print_rows(invocation, &reply, columns);
    return EXIT_DONE;
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
