/* Prints what is derived from the model, for the golden files: golden ddl-sqlite|ddl-postgres|visibility */
#include "app/app.h"
#include "model/model.h"
#include "record/ddl.h"
#include "record/visibility.h"
#include "json/json.h"
#include <stdio.h>
#include <string.h>

static const char *const action_names[ACTION_COUNT] = { "read", "create", "update", "delete" };

/* r: read; c: set when created; u: changed; -: the column does not exist for this role. */
static const char *access(const struct table *table, const struct column *column, enum role role)
{
    static char letters[4];
    size_t length = 0;
    if (table_may(table, READ, role) && column_visible(column, role))
        letters[length++] = 'r';
    if (table_may(table, CREATE, role) && column_settable(table, column, CREATE, role))
        letters[length++] = 'c';
    if (table_may(table, UPDATE, role) && column_settable(table, column, UPDATE, role))
        letters[length++] = 'u';
    if (length == 0)
        letters[length++] = '-';
    letters[length] = '\0';
    return letters;
}

static void print_roles(unsigned roles)
{
    for (int i = 0; i < ROLE_COUNT; i++)
        if (roles & 1U << i)
            printf(" %.*s", TEXT_ARG(role_names[i]));
    printf("%s", roles & SIGNED_IN ? "" : " nobody");
}

static void print_rules(const char *what, const struct rule *rules)
{
    for (size_t i = 0; i < RULES_MAX && rules[i].sql; i++) {
        printf("    %s where %s:", what, rules[i].sql);
        print_roles(rules[i].role);
        printf("\n");
    }
}

static void print_whose(const struct table *table)
{
    printf("    whose: %s%s\n", table->tenant ? column_at(table, table->tenant)->name : "shared",
           table->is & NULL_IS_ALL ? ", or everybody's where it is null" : "");
    if (table->own_only) {
        printf("    own rows only (%s):", column_at(table, table->owner)->name);
        print_roles(table->own_only);
        printf("\n");
    }
}

/* The last column ends the line. */
static int padding(int role)
{
    return role + 1 < ROLE_COUNT ? 13 : 0;
}

static void print_table(const struct table *table)
{
    printf("\n%s%s\n", table->name, table->is & INNER ? " (no API)" : "");
    print_whose(table);
    if (table->is & INNER)
        return;
    for (int action = READ; action < ACTION_COUNT; action++) {
        printf("    %s:", action_names[action]);
        print_roles(table->may[action]);
        printf("\n");
    }
    print_rules("shown", table->shown_if);
    print_rules("changed", table->changed_if);
    printf("    %-26s", "column");
    for (int i = 0; i < ROLE_COUNT; i++)
        printf(" %-*.*s", padding(i), TEXT_ARG(role_names[i]));
    for (size_t i = 0; i < table->width; i++) {
        printf("\n    %-26s", table->columns[i].name);
        for (int role = 0; role < ROLE_COUNT; role++)
            printf(" %-*s", padding(role), access(table, &table->columns[i], (enum role)(1 << role)));
    }
    printf("\n");
}

static int print_visibility(void)
{
    printf("Who sees and sets what: r read, c set when created, u changed, - hidden.\n"
           "A table that nobody creates, updates or deletes is read alone: its service comes later, or "
           "writes it\n"
           "through actions.\n");
    for (const struct table *const *table = all_tables; *table; table++)
        if (!((*table)->is & SHAPE))
            print_table(*table);
    return 0;
}

static int print_ddl(enum engine engine)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text script = ddl_script(arena, engine, all_tables);
    printf("%.*s", TEXT_ARG(script));
    return 0;
}

enum {
    OPENED_DEPTH = 4
}; /* deeper, a value stands in one line: an operation's parameter, a schema's member */

static void add_lines(struct buffer *out, const struct json *json, int depth);

static void begin_line(struct buffer *out, size_t i, int depth)
{
    buffer_print(out, "%s\n%*s", i > 0 ? "," : "", depth * 2, "");
}

static void add_object(struct buffer *out, const struct json *json, int depth)
{
    buffer_add_byte(out, '{');
    for (size_t i = 0; i < json->count; i++) {
        begin_line(out, i, depth);
        json_add_text(out, json->members[i].name);
        buffer_add(out, TEXT(": "));
        add_lines(out, &json->members[i].value, depth + 1);
    }
    buffer_add_byte(out, '}');
}

static void add_array(struct buffer *out, const struct json *json, int depth)
{
    buffer_add_byte(out, '[');
    for (size_t i = 0; i < json->count; i++) {
        begin_line(out, i, depth);
        json_add(out, &json->items[i]);
    }
    buffer_add_byte(out, ']');
}

static void add_lines(struct buffer *out, const struct json *json, int depth)
{
    if (json->kind == JSON_OBJECT && depth <= OPENED_DEPTH)
        add_object(out, json, depth);
    else if (json->kind == JSON_ARRAY && depth <= OPENED_DEPTH + 1)
        add_array(out, json, depth);
    else
        json_add(out, json);
}

/* The document that is served, in lines that a review can read. */
static int print_openapi(void)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer out = { .arena = arena };
    struct json document;
    struct error error = {};
    if (!json_read(app_openapi(arena), arena, &document, &error)) {
        fprintf(stderr, "the document is no JSON: %s\n", error.about);
        return 1;
    }
    add_lines(&out, &document, 1);
    printf("%.*s\n", TEXT_ARG(out.text));
    return 0;
}

int main(int count, char **arguments)
{
    const char *what = count == 2 ? arguments[1] : "";
    if (strcmp(what, "ddl-sqlite") == 0)
        return print_ddl(ENGINE_SQLITE);
    if (strcmp(what, "ddl-postgres") == 0)
        return print_ddl(ENGINE_POSTGRES);
    if (strcmp(what, "visibility") == 0)
        return print_visibility();
    if (strcmp(what, "openapi") == 0)
        return print_openapi();
    fprintf(stderr, "usage: golden ddl-sqlite|ddl-postgres|visibility|openapi\n");
    return 2;
}
