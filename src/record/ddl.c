#include "record/ddl.h"
#include "record/search.h"

const char *const object_kinds[OBJECT_KIND_COUNT] = {
    [OBJECT_TABLE] = "table", [OBJECT_COLUMN] = "column",   [OBJECT_CHECK] = "check",
    [OBJECT_INDEX] = "index", [OBJECT_TRIGGER] = "trigger", [OBJECT_REFERENCE] = "reference",
};

/* The list as it grows. */
struct listing {
    struct arena *arena;
    enum engine engine;
    const struct table *table;
    struct objects objects;
    size_t capacity;
};

static struct buffer begin_text(const struct listing *listing)
{
    return (struct buffer){ .arena = listing->arena };
}

static void add(struct listing *listing, enum object_kind kind, const struct column *column, struct text name,
                const struct buffer *definition)
{
    struct objects *objects = &listing->objects;
    objects->list = arena_extend(listing->arena, objects->list, sizeof *objects->list, objects->count,
                                 &listing->capacity);
    objects->list[objects->count++] = (struct object){ kind, name, listing->table, column, definition->text };
}

static void print_default(struct buffer *sql, const struct column *column)
{
    if (!column->initially)
        return;
    enum value_kind kind = types[column->type].kind;
    const char *quote = kind == VALUE_BOOLEAN || kind == VALUE_INTEGER ? "" : "'";
    buffer_print(sql, " DEFAULT %s%s%s", quote, column->initially, quote);
}

static void print_choice(struct buffer *sql, const struct table *table, const struct column *column)
{
    buffer_print(sql, "CONSTRAINT %s_%s_choice CHECK (%s IN (", table->name, column->name, column->name);
    for (size_t i = 0; i < column->choices->count; i++)
        buffer_print(sql, "%s'%.*s'", i ? ", " : "", TEXT_ARG(column->choices->texts[i]));
    buffer_print(sql, "))");
}

static const char *on_delete(const struct column *column)
{
    static const char *const words[] = {
        [RESTRICT] = "RESTRICT", [CASCADE] = "CASCADE", [SET_NULL] = "SET NULL"
    };
    return words[column->on_delete];
}

/* What SQLite cannot add later stands in the column; STRICT alone would take 2 for a boolean and any text for
 * JSON. */
static void print_guards(struct buffer *sql, const struct table *table, const struct column *column)
{
    if (column->choices) {
        buffer_print(sql, " ");
        print_choice(sql, table, column);
    }
    if (column->type == TYPE_boolean)
        buffer_print(sql, " CHECK (%s IN (0, 1))", column->name);
    if (column_is_json(column))
        buffer_print(sql, " CHECK (%s IS NULL OR json_valid(%s))", column->name, column->name);
    if (column->references)
        buffer_print(sql, " REFERENCES %s (id) ON DELETE %s", column->references->name, on_delete(column));
}

static void add_column(struct listing *listing, const struct column *column)
{
    struct buffer sql = begin_text(listing);
    buffer_print(&sql, "%s %s%s%s", column->name, types[column->type].sql[listing->engine],
                 column->is & KEY ? " PRIMARY KEY" : "", column->is & (KEY | REQUIRED) ? " NOT NULL" : "");
    print_default(&sql, column);
    if (listing->engine == ENGINE_SQLITE)
        print_guards(&sql, listing->table, column);
    add(listing, OBJECT_COLUMN, column,
        arena_format(listing->arena, "%s.%s", listing->table->name, column->name), &sql);
}

/* It says what it is folded from, and how, so that a change of that is a change of the definition. */
static void add_search(struct listing *listing)
{
    const char *separator = " /*";
    struct buffer sql = begin_text(listing);
    buffer_print(&sql, "search %s NOT NULL DEFAULT ''", types[TYPE_text].sql[listing->engine]);
    for (size_t i = 0; i < listing->table->width; i++) {
        const struct column *column = &listing->table->columns[i];
        if (column->is & SEARCHED)
            buffer_print(&sql, "%s %s", separator, column->name);
        if (column->is & SEARCHED)
            separator = ",";
    }
    if (*separator != ',')
        return;
    buffer_print(&sql, "; folding %d */", SEARCH_FOLDING);
    add(listing, OBJECT_COLUMN, NULL, arena_format(listing->arena, "%s.search", listing->table->name), &sql);
}

static void add_columns(struct listing *listing)
{
    const struct table *table = listing->table;
    for (size_t i = 0; i < table->width; i++)
        if (column_is_stored(&table->columns[i]))
            add_column(listing, &table->columns[i]);
    add_search(listing);
}

static void add_checks(struct listing *listing)
{
    const struct table *table = listing->table;
    for (size_t i = 0; i < table->width && listing->engine == ENGINE_POSTGRES; i++) {
        const struct column *column = &table->columns[i];
        if (!column->choices)
            continue;
        struct buffer sql = begin_text(listing);
        print_choice(&sql, table, column);
        add(listing, OBJECT_CHECK, NULL,
            arena_format(listing->arena, "%s_%s_choice", table->name, column->name), &sql);
    }
    for (const struct constraint *check = table->constraints; check->name; check++) {
        struct buffer sql = begin_text(listing);
        buffer_print(&sql, "CONSTRAINT %s CHECK (%s)", check->name, check->sql);
        add(listing, OBJECT_CHECK, NULL, text_from(check->name), &sql);
    }
}

/* NULLs are smallest in SQLite; PostgreSQL's index must agree, or a list in that order could not use it. */
static void print_index_key(struct buffer *sql, const struct listing *listing, const struct column *column)
{
    bool nullable = !(column->is & (KEY | REQUIRED));
    buffer_print(sql, "%s%s", column->name,
                 nullable && listing->engine == ENGINE_POSTGRES ? " NULLS FIRST" : "");
}

static void add_index(struct listing *listing, const struct index *index, bool ends_with_id)
{
    const struct table *table = listing->table;
    struct buffer name = begin_text(listing), sql = begin_text(listing);
    buffer_print(&name, "%s", table->name);
    for (size_t i = 0; index->on[i]; i++)
        buffer_print(&name, "_%s", column_at(table, index->on[i])->name);
    buffer_print(&name, "%s", index->unique ? "_unique" : "");

    buffer_print(&sql, "CREATE %sINDEX %s ON %s (", index->unique ? "UNIQUE " : "", name.data, table->name);
    for (size_t i = 0; index->on[i]; i++) {
        buffer_print(&sql, "%s", i ? ", " : "");
        print_index_key(&sql, listing, column_at(table, index->on[i]));
    }
    buffer_print(&sql, "%s)", ends_with_id ? ", id" : "");
    if (index->where)
        buffer_print(&sql, " WHERE %s", index->where);
    add(listing, OBJECT_INDEX, NULL, name.text, &sql);
}

static void add_indexes(struct listing *listing)
{
    const struct table *table = listing->table;
    for (uint8_t at = 1; at <= table->width; at++) {
        unsigned is = column_at(table, at)->is;
        if (is & UNIQUE)
            add_index(listing, &(struct index){ .on = { at }, .unique = true }, false);
        if (is & INDEXED)
            add_index(listing, &(struct index){ .on = { at } }, true);
    }
    for (const struct index *index = table->indexes; index->on[0]; index++)
        add_index(listing, index, false);
}

/* "@" stands for the table's name. */
struct trigger {
    const char *name, *sql;
};

/* clang-format off */
/* In SQLite REPLACE removes a row without firing a trigger, so it is refused before it comes to that. */
static const struct trigger appended[ENGINE_COUNT][4] = {
    [ENGINE_SQLITE] = {
        { "@_accepts_no_update", "CREATE TRIGGER @_accepts_no_update BEFORE UPDATE ON @\n"
                                 "BEGIN SELECT RAISE(ABORT, '@ accepts no UPDATE'); END" },
        { "@_accepts_no_delete", "CREATE TRIGGER @_accepts_no_delete BEFORE DELETE ON @\n"
                                 "BEGIN SELECT RAISE(ABORT, '@ accepts no DELETE'); END" },
        { "@_accepts_no_replace", "CREATE TRIGGER @_accepts_no_replace BEFORE INSERT ON @\n"
                                  "WHEN EXISTS (SELECT 1 FROM @ WHERE id = NEW.id)\n"
                                  "BEGIN SELECT RAISE(ABORT, '@ accepts no REPLACE'); END" },
    },
    [ENGINE_POSTGRES] = {
        { "@_accepts_no_change", "CREATE OR REPLACE FUNCTION @_accepts_no_change() RETURNS trigger LANGUAGE plpgsql AS\n"
                                 "$$ BEGIN RAISE EXCEPTION '@ accepts no %', TG_OP; END $$;\n"
                                 "CREATE TRIGGER @_accepts_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON @\n"
                                 "FOR EACH STATEMENT EXECUTE FUNCTION @_accepts_no_change()" },
    },
};
/* clang-format on */

static struct buffer name_in(const struct listing *listing, const char *pattern)
{
    struct buffer text = begin_text(listing);
    for (struct text rest = text_from(pattern); rest.length > 0;) {
        bool named = text_find_byte(rest, '@') < rest.length;
        buffer_add(&text, text_cut(&rest, '@'));
        if (named)
            buffer_print(&text, "%s", listing->table->name);
    }
    return text;
}

static void add_triggers(struct listing *listing)
{
    if (!(listing->table->is & APPENDED))
        return;
    for (const struct trigger *trigger = appended[listing->engine]; trigger->name; trigger++) {
        struct buffer sql = name_in(listing, trigger->sql);
        add(listing, OBJECT_TRIGGER, NULL, name_in(listing, trigger->name).text, &sql);
    }
}

static void add_references(struct listing *listing)
{
    const struct table *table = listing->table;
    for (const struct column *column = table->columns; column < table->columns + table->width; column++) {
        if (!column->references || !column_is_stored(column))
            continue;
        struct text name = arena_format(listing->arena, "%s_%s_reference", table->name, column->name);
        struct buffer sql = begin_text(listing);
        buffer_print(&sql, "CONSTRAINT %.*s FOREIGN KEY (%s) REFERENCES %s (id) ON DELETE %s", TEXT_ARG(name),
                     column->name, column->references->name, on_delete(column));
        add(listing, OBJECT_REFERENCE, column, name, &sql);
    }
}

static void add_table(struct listing *listing)
{
    struct buffer sql = begin_text(listing);
    buffer_print(&sql, "%s", listing->engine == ENGINE_SQLITE ? " STRICT" : "");
    add(listing, OBJECT_TABLE, NULL, text_from(listing->table->name), &sql);
    add_columns(listing);
    add_checks(listing);
    add_indexes(listing);
    add_triggers(listing);
}

struct objects ddl_objects(struct arena *arena, enum engine engine, const struct table *const *tables)
{
    struct listing listing = { .arena = arena, .engine = engine };
    for (const struct table *const *table = tables; *table; table++) {
        listing.table = *table;
        if (!((*table)->is & SHAPE))
            add_table(&listing);
    }
    /* Tables refer to each other in circles: PostgreSQL gets its foreign keys when all of them are there. */
    for (const struct table *const *table = tables; *table && engine == ENGINE_POSTGRES; table++) {
        listing.table = *table;
        if (!((*table)->is & SHAPE))
            add_references(&listing);
    }
    return listing.objects;
}
