#include "tenancy/doctor.h"
#include "base/calendar.h"
#include "hosting/database_hosts.h"
#include "record/site.h"
#include "settings/options.h"
#include "tenancy/doctor_parts.h"
#include "json/json.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

enum { CLOCK_SLACK_MS = MINUTE_MS, DISK_FREE_PERCENT_MIN = 5, ABOUT_BYTES = 2'000 };

[[gnu::format(printf, 3, 0)]] static void add_line(struct examination *examination, const char *check,
                                                   const char *format, va_list arguments)
{
    char about[ABOUT_BYTES];
    vsnprintf(about, sizeof about, format, arguments);
    struct buffer *out = examination->findings;
    if (!examination->as_json) {
        buffer_print(out, "%s: %s\n", check, about);
        return;
    }
    buffer_print(out, "%s{\"check\":\"%s\",\"about\":", out->data[out->length - 1] == '[' ? "" : ",", check);
    json_add_text(out, text_from(about));
    buffer_add_byte(out, '}');
}

void finding_add(struct examination *examination, const char *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(examination, check, format, arguments);
    va_end(arguments);
    examination->count++;
}

void remark_add(struct examination *examination, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_line(examination, "remark", format, arguments);
    va_end(arguments);
}

/* One URL for owning and serving is allowed; this is what it costs. */
static bool remark_on_owner(struct examination *examination)
{
    struct work *work = examination->work;
    struct result result;
    if (db_engine(work->db) != ENGINE_POSTGRES)
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error,
                "SELECT 1 FROM pg_tables WHERE tablename = 'audit_logs' AND schemaname = current_schema() "
                "AND tableowner = current_user",
                NO_PARAMETERS))
        return false;
    if (result.row_count > 0)
        remark_add(examination,
                   "the serving role owns its tables, so who takes it over can change the schema and rewrite "
                   "the audit; see migrate --owner-url");
    return true;
}

/* Each row of an answer is a finding. What only one engine knows is asked of that one. */
static const struct question {
    const char *check, *says; /* before the row */
    int engine;               /* -1: both */
    const char *sql;
} questions[] = {
    { "database", "the file is damaged: ", ENGINE_SQLITE,
      "SELECT quick_check FROM pragma_quick_check(20) WHERE quick_check <> 'ok'" },
    { "database", "a row refers to what is not there, in ", ENGINE_SQLITE,
      "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check" },
    { "indexes", "not usable: ", ENGINE_POSTGRES,
      "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1" },
    { "constraints", "not validated: ", ENGINE_POSTGRES,
      "SELECT conname::text FROM pg_constraint WHERE NOT convalidated ORDER BY 1" },
    { "hosts", "database_count is not the number of databases of host ", -1,
      "SELECT h.name FROM database_hosts h WHERE h.database_count <> (SELECT count(*) FROM tenants t "
      "WHERE t.database_host_id = h.id) + (SELECT count(*) FROM tenant_moves m WHERE (m.from_host_id = h.id "
      "AND m.completed_at IS NOT NULL AND m.status IN ('completed', 'dropping')) OR (m.to_host_id = h.id "
      "AND m.completed_at IS NULL AND m.status <> 'dropped')) + (SELECT count(*) FROM pooled_databases p "
      "WHERE p.database_host_id = h.id) ORDER BY h.name LIMIT 20" },
    { "seats", "current_users is not the number of users of tenant ", -1,
      "SELECT t.slug FROM tenants t WHERE t.current_users <> (SELECT count(*) FROM users u "
      "WHERE u.tenant_id = t.id AND u.deleted_at IS NULL) ORDER BY t.slug LIMIT 20" },
    { "subscriptions", "none runs for tenant ", -1,
      "SELECT t.slug FROM tenants t WHERE t.is_active AND NOT EXISTS (SELECT 1 FROM subscriptions s "
      "WHERE s.tenant_id = t.id AND s.status <> 'cancelled') ORDER BY t.slug LIMIT 20" },
    { "jobs", "given up: ", -1,
      "SELECT j.kind || ' of tenant ' || t.slug FROM jobs j JOIN tenants t ON t.id = j.tenant_id "
      "WHERE j.status = 'failed' AND (t.deleted_at IS NULL OR j.kind = 'delete_tenant') AND NOT EXISTS "
      "(SELECT 1 FROM jobs later WHERE later.tenant_id = "
      "j.tenant_id "
      "AND later.kind = j.kind AND later.id > j.id) ORDER BY 1 LIMIT 20" },
};

static bool ask(struct examination *examination, const struct question *question)
{
    struct work *work = examination->work;
    struct result result;
    if (question->engine != -1 && question->engine != (int)db_engine(work->db))
        return true;
    if (!db_run(work->db, work->arena, &result, &work->error, question->sql, NO_PARAMETERS))
        return false;
    for (size_t i = 0; i < result.row_count; i++) {
        struct text row = result_row(&result, i)->text;
        finding_add(examination, question->check, "%s%.*s", question->says, TEXT_ARG(row));
    }
    return true;
}

static bool ask_all(struct examination *examination)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (!ask(examination, &questions[i]))
            return false;
    return true;
}

static bool look_at_clock(struct examination *examination)
{
    struct work *work = examination->work;
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, "SELECT max(created_at) FROM audit_logs",
                NO_PARAMETERS))
        return false;
    if (cell_integer(result.cells[0]) > work->now + CLOCK_SLACK_MS)
        finding_add(examination, "clock", "it is behind what was written already");
    return true;
}

static bool look_at_disk(struct examination *examination)
{
    const char *folder = option_string(examination->work->site->options, OPTION_data);
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return fail(&examination->work->error, ERROR_internal, "%s: %s", folder, strerror(errno));
    if (disk.f_bavail * 100 < disk.f_blocks * DISK_FREE_PERCENT_MIN)
        finding_add(examination, "disk", "less than %d %% of it is free under %s", DISK_FREE_PERCENT_MIN,
                    folder);
    return true;
}

static bool (*const checks[])(struct examination *) = {
    look_at_schema, ask_all,       look_at_keys, look_at_places,
    look_at_walls,  look_at_clock, look_at_disk, remark_on_owner,
};

bool doctor_look(struct work *work, struct db *owner, bool as_json, struct buffer *findings, size_t *count)
{
    struct examination examination = {
        .work = work, .owner = owner, .findings = findings, .as_json = as_json
    };
    if (as_json)
        buffer_add(findings, TEXT("["));
    if (!hosts_load(work)) /* it looks beside whoever serves, and has loaded nothing yet */
        return false;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!checks[i](&examination))
            return false;
    if (as_json)
        buffer_add(findings, TEXT("]\n"));
    else if (examination.count == 0)
        buffer_add(findings, TEXT("Nothing is wrong.\n"));
    *count = examination.count;
    return true;
}
