#include "scratch.h"
#include "base/random.h"
#include "sql/driver.h"
#include "test.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 60'000, ATTEMPTS_MAX = 10 };

[[gnu::noreturn]] static void give_up(const char *what, const struct error *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, error_words[error->code].code, error->about);
    abort();
}

static bool cluster_is_there(void)
{
    static bool told;
    if (getenv("NIDIA_TEST_POSTGRES"))
        return true;
    const char *required = getenv("NIDIA_TEST_REQUIRE_POSTGRES");
    if (required && strcmp(required, "1") == 0)
        test_failed(__FILE__, __LINE__, "NIDIA_TEST_POSTGRES is not set");
    else if (!told)
        puts("without NIDIA_TEST_POSTGRES: tests on PostgreSQL are skipped");
    told = true;
    return false;
}

/* The server waits five seconds for sessions in the database that are just ending: then they are asked to
 * end once more. */
static void run_on_cluster(const struct scratch *scratch, const char *command, const char *how)
{
    struct error error = {};
    struct db *db;
    char sql[128];
    snprintf(sql, sizeof sql, "%s DATABASE %s %s", command, scratch->name, how);
    if (!postgres_connect(&db, getenv("NIDIA_TEST_POSTGRES"), &error))
        give_up(sql, &error);
    for (int attempt = 1; !db_run_script(db, &error, sql); attempt++, error_clear(&error))
        if (attempt == ATTEMPTS_MAX || !strstr(error.about, "is being accessed by other users"))
            give_up(sql, &error);
    db_close(db);
}

struct db *scratch_connect(const struct scratch *scratch)
{
    struct error error = {};
    struct db *db;
    if (scratch->engine == ENGINE_SQLITE ? !sqlite_connect(&db, scratch->place, SQLITE_WRITES, &error)
                                         : !postgres_connect(&db, scratch->place, &error))
        give_up(scratch->place, &error);
    return db;
}

/* The cluster's URL with another database's name in it. */
static void place_on_postgres(struct scratch *scratch)
{
    struct text url = text_from(getenv("NIDIA_TEST_POSTGRES")), options = url;
    struct text before = text_cut(&options, '?');
    while (before.length > 0 && !text_ends(before, TEXT("/")))
        before.length--;
    snprintf(scratch->place, sizeof scratch->place, "%.*s%s%s%.*s", TEXT_ARG(before), scratch->name,
             options.length > 0 ? "?" : "", TEXT_ARG(options));
}

static void make_on_postgres(struct scratch *scratch, const char *how)
{
    uint64_t number;
    random_bytes(&number, sizeof number);
    snprintf(scratch->name, sizeof scratch->name, "test_%016llx", (unsigned long long)number);
    place_on_postgres(scratch);
    run_on_cluster(scratch, "CREATE", how);
}

/* All or nothing, and one wait for the disk. */
static void run_script(struct scratch *scratch, struct text script)
{
    struct error error = {};
    if (!db_begin(scratch->db, &error) || !db_run_script(scratch->db, &error, script.data)
        || !db_commit(scratch->db, &error))
        give_up("the script", &error);
}

static bool has_template(struct db *db, struct arena *arena, struct text name)
{
    struct error error = {};
    struct result result;
    if (!db_run(db, arena, &result, &error, "SELECT 1 FROM pg_database WHERE datname = $1",
                PARAMETERS(value_text(name))))
        give_up("the templates", &error);
    return result.row_count > 0;
}

/* Made under another name and then named, so that no half of one is ever copied. */
static void make_template(struct scratch *scratch, struct text script, struct text name)
{
    struct scratch half = { .engine = ENGINE_POSTGRES, .arena = scratch->arena };
    make_on_postgres(&half, "");
    half.db = scratch_connect(&half);
    run_script(&half, script);
    db_close(half.db);
    struct text rename = arena_format(scratch->arena, "RENAME TO %.*s", TEXT_ARG(name));
    run_on_cluster(&half, "ALTER", rename.data);
}

/* "TEMPLATE …": the database that the script makes, named by its content. */
static const char *template_of(struct scratch *scratch, struct text script)
{
    static char how[64];
    static uint64_t made;
    uint64_t hash = text_hash(script);
    struct text name = arena_format(scratch->arena, "test_template_%016llx", (unsigned long long)hash);
    snprintf(how, sizeof how, "TEMPLATE %s", name.data);
    if (made == hash)
        return how;
    made = hash;

    struct error error = {};
    struct result result;
    struct db *db;
    if (!postgres_connect(&db, getenv("NIDIA_TEST_POSTGRES"), &error)
        || !db_run(db, scratch->arena, &result, &error, "SELECT pg_advisory_lock($1)",
                   PARAMETERS(value_integer((int64_t)hash))))
        give_up("the lock of the template", &error);
    if (!has_template(db, scratch->arena, name))
        make_template(scratch, script, name);
    db_close(db); /* and its lock */
    return how;
}

static void make_on_sqlite(struct scratch *scratch)
{
    test_make_folder(scratch->folder, sizeof scratch->folder);
    snprintf(scratch->place, sizeof scratch->place, "%s/test.db", scratch->folder);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[16'384];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    if (!in || !out)
        abort();
    for (size_t length; (length = fread(bytes, 1, sizeof bytes, in)) > 0;)
        if (fwrite(bytes, 1, length, out) != length)
            abort();
    if (ferror(in) || fclose(out) != 0)
        abort();
    fclose(in);
}

static struct scratch model; /* the file that a script made, for as long as the program runs */

static void remove_model(void)
{
    scratch_end(&model);
}

/* The script runs once; its file is copied. */
static void make_on_sqlite_with(struct scratch *scratch, struct text script)
{
    static uint64_t made;
    uint64_t hash = text_hash(script);
    if (made != hash) {
        if (made)
            scratch_end(&model);
        else
            atexit(remove_model);
        model = (struct scratch){ .engine = ENGINE_SQLITE, .arena = arena_create() };
        make_on_sqlite(&model);
        model.db = scratch_connect(&model);
        run_script(&model, script);
        db_close(model.db); /* which brings the whole into the one file */
        model.db = NULL;
        made = hash;
    }
    make_on_sqlite(scratch);
    copy_file(model.place, scratch->place);
}

static bool begin(struct scratch *scratch, enum engine engine)
{
    if (engine == ENGINE_POSTGRES && !cluster_is_there())
        return false;
    *scratch = (struct scratch){ .engine = engine, .arena = arena_create() };
    return true;
}

bool scratch_begin(struct scratch *scratch, enum engine engine)
{
    if (!begin(scratch, engine))
        return false;
    if (engine == ENGINE_SQLITE)
        make_on_sqlite(scratch);
    else
        make_on_postgres(scratch, "");
    scratch->db = scratch_connect(scratch);
    return true;
}

bool scratch_begin_with(struct scratch *scratch, enum engine engine, struct text script)
{
    if (!begin(scratch, engine))
        return false;
    if (engine == ENGINE_SQLITE)
        make_on_sqlite_with(scratch, script);
    else
        make_on_postgres(scratch, template_of(scratch, script));
    scratch->db = scratch_connect(scratch);
    return true;
}

void scratch_end(struct scratch *scratch)
{
    db_close(scratch->db);
    arena_destroy(scratch->arena);
    if (scratch->engine == ENGINE_POSTGRES) {
        run_on_cluster(scratch, "DROP", "WITH (FORCE)");
        return;
    }
    static const char *const endings[] = { "", "-wal", "-shm" };
    char path[300];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", scratch->place, endings[i]);
        unlink(path);
    }
    rmdir(scratch->folder);
}

struct database_options scratch_options(const struct scratch *scratch)
{
    if (scratch->engine == ENGINE_SQLITE)
        return (struct database_options){ .path = scratch->place };
    return (struct database_options){ .url = scratch->place };
}

void scratch_run(enum engine engine, void (*test)(struct scratch *scratch))
{
    struct scratch scratch;
    if (!scratch_begin(&scratch, engine))
        return;
    test_note("on %s", engine == ENGINE_SQLITE ? "SQLite" : "PostgreSQL");
    test(&scratch);
    scratch_end(&scratch);
}

void scratch_end_session(struct scratch *scratch)
{
    struct error error = {};
    struct result result;
    struct db *other = scratch_connect(scratch);
    const struct value id = value_integer(scratch_number(scratch, "SELECT pg_backend_pid()"));
    struct pollfd socket = { .fd = db_socket(scratch->db), .events = POLLRDHUP };
    if (!db_run(other, scratch->arena, &result, &error, "SELECT pg_terminate_backend(CAST($1 AS int))",
                PARAMETERS(id))
        || poll(&socket, 1, PATIENCE_MS) != 1)
        give_up("the end of a session", &error);
    db_close(other);
}

void scratch_script(struct scratch *scratch, const char *sql)
{
    struct error error = {};
    if (!db_run_script(scratch->db, &error, sql))
        give_up(sql, &error);
}

int64_t scratch_number(struct scratch *scratch, const char *sql)
{
    struct error error = {};
    struct result result;
    if (!db_run(scratch->db, scratch->arena, &result, &error, sql, NO_PARAMETERS) || result.row_count == 0)
        give_up(sql, &error);
    return cell_integer(result.cells[0]);
}
