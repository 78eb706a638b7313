/* Bodies: who may set what, and all faults in one answer. */
#include "desk.h"
#include "record/document.h"
#include "test.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct text color_texts[] = { TEXT_CONSTANT("red"), TEXT_CONSTANT("green") };
static const struct choices colors = { 2, color_texts };

/* A column of each trait that matters to who may set it. */
static const struct column trait_columns[] = {
    { .name = "id", .type = TYPE_uuid, .is = KEY | COMPUTED },
    { .name = "name", .type = TYPE_text, .is = REQUIRED },
    { .name = "slug", .type = TYPE_slug, .is = REQUIRED | FIXED },
    { .name = "status", .type = TYPE_choice, .is = REQUIRED, .choices = &colors, .initially = "red" },
    { .name = "count", .type = TYPE_integer, .is = REQUIRED | COMPUTED },
    { .name = "notes", .type = TYPE_text, .hidden_from = TENANT_ADMIN },
    { .name = "limit", .type = TYPE_integer, .set_by = SUPER_ADMIN },
    { .name = "owner", .type = TYPE_text, .is = REQUIRED, .set_by = SUPER_ADMIN },
    { .name = "password", .type = TYPE_text, .is = SECRET | WRITE_ONLY, .set_by = SUPER_ADMIN },
    { .name = "sealed", .type = TYPE_text, .is = SECRET | COMPUTED },
};
static const struct table every_trait = { .name = "every_trait",
                                          .columns = trait_columns,
                                          .width = COUNT(trait_columns) };

static bool read_body(struct arena *arena, const struct table *table, const char *body, enum action action,
                      enum role writer, struct value *cells, struct error *error)
{
    struct json json;
    error_clear(error);
    if (!json_read(text_from(body), arena, &json, error)) {
        test_failed(__FILE__, __LINE__, body);
        return false;
    }
    return document_read(table, &json, action, writer, arena, cells, error);
}

TEST(who_may_set_what_is_decided_by_the_column)
{
    static const struct {
        enum action action;
        enum role writer;
        const char *body, *told;
    } cases[] = {
        { CREATE, SUPER_ADMIN, "{\"name\":\"a\",\"slug\":\"abc\",\"owner\":\"b\"}", "" },
        { CREATE, SUPER_ADMIN,
          "{\"name\":\"a\",\"slug\":\"abc\",\"owner\":\"b\",\"limit\":1,\"notes\":\"c\",\"password\":\"d\"}",
          "" },
        { CREATE, TENANT_ADMIN, "{\"name\":\"a\",\"slug\":\"abc\"}", "" }, /* the owner is not his to give */
        { CREATE, SUPER_ADMIN, "{}", "/name required; /slug required; /owner required" },
        { CREATE, SUPER_ADMIN, "{\"name\":null,\"slug\":\"abc\",\"owner\":\"b\",\"status\":null}",
          "/name required; /status required" },
        { CREATE, SUPER_ADMIN,
          "{\"id\":\"x\",\"count\":1,\"sealed\":\"x\",\"more\":1,\"name\":\"a\",\"slug\":\"abc\",\"owner\":"
          "\"b\"}",
          "/id not_settable; /count not_settable; /sealed unknown_member; /more unknown_member" },
        { CREATE, TENANT_ADMIN,
          "{\"name\":\"a\",\"slug\":\"abc\",\"notes\":\"x\",\"limit\":1,\"password\":\"x\"}",
          "/notes unknown_member; /limit not_yours_to_set; /password not_yours_to_set" },
        { UPDATE, SUPER_ADMIN, "{}", "" },
        { UPDATE, SUPER_ADMIN, "{\"notes\":null,\"limit\":null}", "" },
        { UPDATE, SUPER_ADMIN, "{\"slug\":\"abd\",\"password\":\"x\",\"name\":null}",
          "/slug not_changeable; /password not_settable; /name required" },
        { UPDATE, SUPER_ADMIN, "[]", " wrong_type an object" },
        { UPDATE, SUPER_ADMIN, "null", " wrong_type an object" },
        { UPDATE, SUPER_ADMIN, "{\"a/b~c\":1}", "/a~1b~0c unknown_member" },
    };
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *cells = record_new(arena, &every_trait);
        struct error error;
        bool read =
            read_body(arena, &every_trait, cases[i].body, cases[i].action, cases[i].writer, cells, &error);
        test_note("%s: %s", cases[i].body, faults_told(arena, &error));
        CHECK(read == (*cases[i].told == '\0'));
        CHECK(strcmp(faults_told(arena, &error), cases[i].told) == 0);
    }
}

TEST(null_clears_and_absence_leaves)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct value *cells = record_new(arena, &every_trait);
    struct error error;
    CHECK(read_body(arena, &every_trait, "{\"notes\":null,\"name\":\"a\"}", UPDATE, SUPER_ADMIN, cells,
                    &error));
    CHECK(text_is(cells[1].text, "a") && cells[5].kind == VALUE_NULL && cells[6].kind == VALUE_ABSENT);
}

TEST(faults_are_bounded_and_stay_utf8)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct buffer body = { .arena = arena };
    for (int i = 0; i < 1000; i++)
        buffer_print(&body,
                     "%s\"%"
                     "d\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1"
                     "\u00f1\u00f1\u00f1\u00f1"
                     "\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1"
                     "\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\u00f1\":1",
                     i ? "," : "{", i);
    buffer_add_byte(&body, '}');
    struct error error;
    CHECK(!read_body(arena, &every_trait, body.data, UPDATE, SUPER_ADMIN, record_new(arena, &every_trait),
                     &error));
    CHECK(error.fault_count == FAULTS_MAX);
    for (size_t i = 0; i < error.fault_count; i++)
        CHECK(text_is_utf8(text_from(error.faults[i].pointer)) && strlen(error.faults[i].pointer) > 60);
}

TEST(secrets_are_never_written)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct value *cells = record_new(arena, &every_trait);
    struct column_set all = {};
    for (size_t i = 0; i < every_trait.width; i++) {
        cells[i] = value_string(every_trait.columns[i].is & SECRET ? "secret" : "x");
        column_set_add(&all, i);
    }
    struct buffer json = { .arena = arena };
    document_write(&json, &every_trait, cells, &all);
    CHECK(text_contains(json.text, TEXT("\"name\":\"x\"")));
    CHECK(!text_contains(json.text, TEXT("secret")) && !text_contains(json.text, TEXT("password")));
}
