/*
 * The yardstick of durable writes: takes the newest rows of a table, of audit_logs and of events out of a
 * database of ours, and writes them into an empty copy of its schema, one of each a transaction, each
 * committed (WAL, FULL).
 *
 *   single_commits SOURCE.db TARGET.db TABLE COUNT     prints the records written in a second
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS_MAX = 128, TABLES = 3 };

struct rows {
    sqlite3_value **cells;
    int width, count;
    sqlite3_stmt *insert;
};

static void check(sqlite3 *database, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "single_commits: %s\n", sqlite3_errmsg(database));
    exit(1);
}

static void run(sqlite3 *database, const char *sql)
{
    check(database, sqlite3_exec(database, sql, NULL, NULL, NULL));
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement;
    check(database, sqlite3_prepare_v2(database, sql, -1, &statement, NULL));
    return statement;
}

/* The same tables and indexes, without the triggers (which ours runs too, but only refuse). */
static void copy_schema(sqlite3 *source, sqlite3 *target)
{
    sqlite3_stmt *statement = prepare(
        source,
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'trigger' ORDER BY type DESC");
    while (sqlite3_step(statement) == SQLITE_ROW)
        run(target, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
}

static struct rows read_rows(sqlite3 *source, const char *table, int count)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY id DESC LIMIT %d", table, count);
    sqlite3_stmt *statement = prepare(source, sql);
    struct rows rows = { .width = sqlite3_column_count(statement) };
    rows.cells = calloc((size_t)count * (size_t)rows.width, sizeof *rows.cells);
    if (!rows.cells)
        exit(1);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < rows.width; i++)
            rows.cells[rows.count * rows.width + i] = sqlite3_value_dup(sqlite3_column_value(statement, i));
        rows.count++;
    }
    sqlite3_finalize(statement);
    return rows;
}

static void prepare_insert(sqlite3 *target, const char *table, struct rows *rows)
{
    char sql[1000];
    int length = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?", table);
    for (int i = 1; i < rows->width; i++)
        length += snprintf(sql + length, sizeof sql - (size_t)length, ", ?");
    snprintf(sql + length, sizeof sql - (size_t)length, ")");
    rows->insert = prepare(target, sql);
}

static void insert(sqlite3 *target, const struct rows *rows, int row)
{
    for (int i = 0; i < rows->width; i++)
        check(target, sqlite3_bind_value(rows->insert, i + 1, rows->cells[row * rows->width + i]));
    check(target, sqlite3_step(rows->insert));
    check(target, sqlite3_reset(rows->insert));
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: single_commits SOURCE.db TARGET.db TABLE COUNT\n", stderr);
        return 2;
    }
    sqlite3 *source, *target;
    int count = atoi(argv[4]);
    const char *const tables[TABLES] = { argv[3], "audit_logs", "events" };
    struct rows rows[TABLES];
    check(NULL, sqlite3_open(argv[1], &source));
    check(NULL, sqlite3_open(argv[2], &target));
    run(target, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF");
    copy_schema(source, target);
    for (int i = 0; i < TABLES; i++) {
        rows[i] = read_rows(source, tables[i], count);
        count = rows[i].count < count ? rows[i].count : count;
        prepare_insert(target, tables[i], &rows[i]);
    }
    double begun = seconds();
    for (int row = 0; row < count; row++) {
        run(target, "BEGIN IMMEDIATE");
        for (int i = 0; i < TABLES; i++)
            insert(target, &rows[i], row);
        run(target, "COMMIT");
    }
    printf("%.0f\n", count / (seconds() - begun));
    return 0;
}
