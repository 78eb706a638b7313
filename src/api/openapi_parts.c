#include "api/openapi_parts.h"
#include "api/answer.h"
#include "model/model.h"
#include "record/expansion.h"
#include "record/query.h"
#include "record/schema.h"

void openapi_add_schema_reference(struct buffer *json, const struct table *table, const char *suffix)
{
    buffer_print(json, "{\"$ref\":\"#/components/schemas/%s%s\"}", table->row_name, suffix);
}

static bool is_listed(const struct table *table, const struct column *column)
{
    return column_is_stored(column) && !(column->is & SECRET) && (table->may[READ] & ~column->hidden_from);
}

static bool is_filterable(const struct table *table, const struct column *column)
{
    return is_listed(table, column) && column->type < TYPE_texts;
}

/* The value's own schema where it is one value; a list of them, and true or false, are texts of bounded
 * length. */
static void add_filter(struct buffer *json, const struct column *column, enum comparison comparison,
                       const char **before)
{
    const struct column value = {
        .name = column->name, .type = column->type, .is = REQUIRED, .choices = column->choices
    };
    bool plain = comparison == COMPARISON_eq;
    buffer_print(json, "%s{\"name\":\"%s%s%s%s\",\"in\":\"query\",\"required\":false,\"schema\":", *before,
                 column->name, plain ? "" : "[", plain ? "" : comparison_names[comparison], plain ? "" : "]");
    if (comparison == COMPARISON_in)
        buffer_add(json, TEXT("{\"type\":\"string\",\"maxLength\":8192," SCHEMA_ANY_TEXT "}"));
    else if (comparison == COMPARISON_null)
        buffer_add(json, TEXT("{\"type\":\"boolean\"}"));
    else
        schema_add_column(json, &value);
    buffer_add_byte(json, '}');
    *before = ",";
}

static void add_sort(struct buffer *json, const struct table *table)
{
    const char *before = "";
    buffer_add(json, TEXT("{\"name\":\"sort\",\"in\":\"query\",\"required\":false,\"description\":\"One "
                          "column; a minus turns the "
                          "order round. Ties by id.\",\"schema\":{\"type\":\"string\",\"enum\":["));
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!is_listed(table, column) || !(column->is & (KEY | INDEXED | UNIQUE)))
            continue;
        buffer_print(json, "%s\"%s\",\"-%s\"", before, column->name, column->name);
        before = ",";
    }
    buffer_add(json, TEXT("]}}"));
}

void openapi_add_expand(struct buffer *json, const struct table *table, const char **before)
{
    struct buffer names = { .arena = json->arena };
    for (size_t i = 0; i < table->width; i++)
        if (expansion_possible(&table->columns[i], SUPER_ADMIN))
            buffer_print(&names, "%s%.*s", names.length > 0 ? ", " : "",
                         TEXT_ARG(expansion_name(&table->columns[i])));
    if (names.length == 0)
        return;
    buffer_print(
        json,
        "%s{\"name\":\"expand\",\"in\":\"query\",\"required\":false,\"description\":\"References that give "
        "way to their rows, separated by commas: %s.\",\"schema\":{\"type\":\"string\",\"maxLength\":200,"
        "\"pattern\":\"^[a-z_]+(,[a-z_]+)*$\"}}",
        *before, names.data);
    *before = ",";
}

void openapi_add_list_parameters(struct buffer *json, const struct table *table, const char **before)
{
    static const char *const common[] = { "limit", "cursor", "count" };
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        buffer_print(json, "%s{\"$ref\":\"#/components/parameters/%s\"}", *before, common[i]);
        *before = ",";
    }
    if (table_is_searched(table))
        buffer_print(json, ",{\"$ref\":\"#/components/parameters/q\"}");
    buffer_add_byte(json, ',');
    add_sort(json, table);
    for (size_t i = 0; i < table->width; i++) {
        const struct column *column = &table->columns[i];
        if (!is_filterable(table, column))
            continue;
        for (enum comparison comparison = 0; comparison < COMPARISON_COUNT; comparison++)
            add_filter(json, column, comparison, before);
    }
}

static void add_table_schemas(struct buffer *json, const struct table *table)
{
    buffer_print(json, ",\"%s\":", table->row_name);
    schema_add_table(json, table, SCHEMA_READ);
    if (table->is & SHAPE)
        return;
    buffer_print(
        json,
        ",\"%s_list\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"data\","
        "\"next_cursor\"],"
        "\"properties\":{\"data\":{\"type\":\"array\",\"maxItems\":%d,\"items\":{\"$ref\":\"#/"
        "components/schemas/%s\"}},"
        "\"next_cursor\":{\"type\":[\"string\",\"null\"],\"maxLength\":%d," SCHEMA_ANY_TEXT "},"
        "\"total\":{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":0,\"maximum\":9007199254740991}}}",
        table->row_name, LIMIT_MAX, table->row_name, CURSOR_MAX);
    if (table->may[CREATE]) {
        buffer_print(json, ",\"%s_create\":", table->row_name);
        schema_add_table(json, table, SCHEMA_CREATE);
    }
    if (table->may[UPDATE]) {
        buffer_print(json, ",\"%s_update\":", table->row_name);
        schema_add_table(json, table, SCHEMA_UPDATE);
    }
}

/* Is the shape named by a route? A shape inside a column's schema is written out there. */
static bool is_used(const struct routes *routes, const struct table *table)
{
    if (!(table->is & SHAPE))
        return !(table->is & INNER);
    for (size_t i = 0; i < routes_count(routes); i++)
        if (routes_at(routes, i)->takes == table || routes_at(routes, i)->gives == table
            || routes_at(routes, i)->defers == table)
            return true;
    return false;
}

static void add_problem_schema(struct buffer *json)
{
    buffer_add(json, TEXT("\"problem_code\":{\"type\":\"string\",\"description\":\"Stable: what to decide "
                          "by.\",\"enum\":["));
    for (int code = 1; code < ERROR_COUNT; code++)
        buffer_print(json, "%s\"%s\"", code > 1 ? "," : "", error_words[code].code);
    buffer_print(json,
                 "]},\"fault\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"pointer\","
                 "\"code\",\"detail\"],"
                 "\"properties\":{\"pointer\":{\"type\":\"string\",\"maxLength\":%d," SCHEMA_ANY_TEXT "},"
                 "\"code\":{\"$ref\":\"#/components/schemas/"
                 "problem_code\"},\"detail\":{\"type\":\"string\",\"maxLength\":1000," SCHEMA_ANY_TEXT "}}}",
                 POINTER_MAX);
    buffer_print(
        json,
        ",\"problem\":{\"type\":\"object\",\"additionalProperties\":false,"
        "\"required\":[\"type\",\"title\",\"status\",\"detail\",\"instance\",\"code\"],\"properties\":{"
        "\"type\":{\"type\":\"string\",\"maxLength\":200," SCHEMA_ANY_TEXT
        "},\"title\":{\"type\":\"string\",\"maxLength\":200," SCHEMA_ANY_TEXT "},"
        "\"status\":{\"type\":\"integer\",\"format\":\"int32\",\"minimum\":400,\"maximum\":599},"
        "\"detail\":{\"type\":\"string\",\"maxLength\":1000," SCHEMA_ANY_TEXT
        "},\"instance\":{\"type\":\"string\",\"maxLength\":"
        "64," SCHEMA_ANY_TEXT "},"
        "\"code\":{\"$ref\":\"#/components/schemas/problem_code\"},"
        "\"errors\":{\"type\":\"array\",\"maxItems\":%d,\"items\":{\"$ref\":\"#/components/schemas/"
        "fault\"}}}}",
        FAULTS_MAX);
}

/* A caller whose requests are counted is told what is left with a refusal too. */
static void add_problem_headers(struct buffer *json, enum error_kind kind)
{
    bool counted = kind != KIND_NONE && problem_status(kind) < 500;
    const struct {
        const char *name;
        bool is;
    } told[] = {
        { "RateLimit", counted },
        { "RateLimit-Policy", counted },
        { "Retry-After", kind == KIND_LIMITED || kind == KIND_UNAVAILABLE },
        { "WWW-Authenticate", kind == KIND_UNAUTHENTICATED || kind == KIND_FORBIDDEN },
    };
    buffer_add(json, TEXT("\"X-Request-Id\":{\"$ref\":\"#/components/headers/X-Request-Id\"}"));
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (told[i].is)
            buffer_print(json, ",\"%s\":{\"$ref\":\"#/components/headers/%s\"}", told[i].name, told[i].name);
}

/* KIND_NONE: of what is no request. */
static void add_problem_response(struct buffer *json, struct text name, const char *words,
                                 enum error_kind kind)
{
    buffer_print(json, "\"%.*s\":{\"description\":\"%s\",\"headers\":{", TEXT_ARG(name), words);
    add_problem_headers(json, kind);
    buffer_add(json, TEXT("},\"content\":{\"application/problem+json\":{\"schema\":"
                          "{\"$ref\":\"#/components/schemas/problem\"}}}}"));
}

static void add_problem_responses(struct buffer *json)
{
    buffer_add(json, TEXT("},\"responses\":{"));
    for (enum error_kind kind = KIND_UNREADABLE; kind < KIND_COUNT; kind++) {
        if (kind == KIND_NOT_ALLOWED)
            continue; /* a method that is not offered is no operation that could name it */
        struct text name = arena_format(json->arena, "problem_%d", problem_status(kind));
        add_problem_response(json, name, "A problem (RFC 9457).", kind);
        buffer_add_byte(json, ',');
    }
    add_problem_response(json, TEXT("refused"),
                         "What is no request: cut, too large or malformed in its framing (400, 408, 413, "
                         "414, 417, 431, 501, 505).",
                         KIND_NONE);
}

/* Those that many operations take. */
static const struct parameter {
    const char *key, *name, *in, *words, *type;
    int min, max; /* of a text's length or a number */
} parameters[] = {
    { "fields", "fields", "query", "Columns to be shown, separated by commas.", "string", 0, 4096 },
    { "limit", "limit", "query", "Rows a page.", "integer", 1, LIMIT_MAX },
    { "cursor", "cursor", "query", "The next_cursor of the page before.", "string", 0, CURSOR_MAX },
    { "count", "count", "query", "Adds the total.", "boolean", 0, 0 },
    { "q", "q", "query", "Looked for in the searched columns.", "string", 1, SEARCH_MAX },
    { "if_match", "If-Match", "header", "The ETag that the row must still have.", "string", 0, 200 },
    { "range", "Range", "header", "A part of the file: bytes=FIRST-LAST, bytes=FIRST- or bytes=-COUNT.",
      "string", 0, 200 },
    { "if_range", "If-Range", "header", "The ETag that the file must still have; else all of it is given.",
      "string", 0, 200 },
    { "last_event_id", "Last-Event-ID", "header", "The id of the last event that was received.", "string", 0,
      40 },
    { "idempotency_key", "Idempotency-Key", "header",
      "Does the request once, however often it is sent within 24 hours.", "string", 1, 200 },
};

/* name, description */
static const char *const headers[][2] = {
    { "X-Request-Id", "The request's id: as sent, or made." },
    { "RateLimit", "What is left of the quota." },
    { "RateLimit-Policy", "The quota, where one applies." },
    { "ETag", "The row's revision, for If-Match; of a file its SHA-256, for If-Range." },
    { "Accept-Ranges", "Parts can be asked for: bytes." },
    { "Content-Range", "Which part of the file it is." },
    { "Location", "Where the new row stands." },
    { "Link", "The next page (rel=next), or the job that works on it (rel=job)." },
    { "Retry-After", "Seconds to wait before trying again." },
    { "WWW-Authenticate",
      "Bearer; with step_up_required, how lately one is to have been recognised (RFC 9470)." },
};

static void add_bounds(struct buffer *json, const struct parameter *parameter)
{
    if (text_is(text_from(parameter->type), "boolean")) {
        buffer_add(json, TEXT(",\"default\":false"));
    } else if (text_is(text_from(parameter->type), "integer")) {
        buffer_print(json, ",\"format\":\"int32\",\"minimum\":%d,\"maximum\":%d,\"default\":%d",
                     parameter->min, parameter->max, LIMIT_DEFAULT);
    } else {
        if (parameter->min > 0)
            buffer_print(json, ",\"minLength\":%d", parameter->min);
        buffer_print(json, ",\"maxLength\":%d," SCHEMA_ANY_TEXT, parameter->max);
    }
}

static void add_named_parts(struct buffer *json)
{
    buffer_add(json, TEXT("},\"parameters\":{"));
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        buffer_print(json,
                     "%s\"%s\":{\"name\":\"%s\",\"in\":\"%s\",\"required\":false,\"description\":\"%s\","
                     "\"schema\":{\"type\":\"%s\"",
                     i ? "," : "", parameters[i].key, parameters[i].name, parameters[i].in,
                     parameters[i].words, parameters[i].type);
        add_bounds(json, &parameters[i]);
        buffer_add(json, TEXT("}}"));
    }
    buffer_add(json, TEXT("},\"headers\":{"));
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        buffer_print(json,
                     "%s\"%s\":{\"description\":\"%s\",\"schema\":{\"type\":\"string\",\"maxLength\":"
                     "8192," SCHEMA_ANY_TEXT "}}",
                     i ? "," : "", headers[i][0], headers[i][1]);
}

void openapi_add_components(struct buffer *json, const struct routes *routes)
{
    buffer_add(
        json,
        TEXT(",\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\","
             "\"description\":\"An access token, or an API key (nk_...).\"}},\"schemas\":{"));
    add_problem_schema(json);
    for (const struct table *const *table = all_tables; *table; table++)
        if (is_used(routes, *table))
            add_table_schemas(json, *table);
    add_problem_responses(json);
    add_named_parts(json);
    buffer_add(json, TEXT("}}"));
}
