#include "record/fault.h"
#include <stdio.h>
#include <string.h>

static bool taken(struct work *work, const struct column *column)
{
    char pointer[POINTER_MAX];
    snprintf(pointer, sizeof pointer, "/%s", column->name);
    error_clear(&work->error);
    fail(&work->error, ERROR_taken, "%s", column->name);
    return fail_at(&work->error, pointer, ERROR_taken, "%s", column->name);
}

/*
 * PostgreSQL names the index ("users_email_unique"), SQLite its columns ("users.email"). Of several columns
 * the last is told: those before it say whose the value must be unique for.
 */
static bool names_index(const struct table *table, const uint8_t *on, const char *where)
{
    char index[256], columns[256];
    int index_length = snprintf(index, sizeof index, "%s", table->name), columns_length = 0;
    for (size_t i = 0; on[i]; i++) {
        const char *column = column_at(table, on[i])->name;
        index_length += snprintf(index + index_length, sizeof index - (size_t)index_length, "_%s", column);
        columns_length += snprintf(columns + columns_length, sizeof columns - (size_t)columns_length,
                                   "%s%s.%s", i ? ", " : "", table->name, column);
    }
    size_t length = strlen(index);
    return strcmp(where, columns) == 0
        || (strncmp(where, index, length) == 0
            && (where[length] == '\0' || strcmp(where + length, "_unique") == 0));
}

static bool names_key(const struct table *table, const char *where)
{
    size_t length = strlen(table->name);
    return strncmp(where, table->name, length) == 0 && strcmp(where + length, "_pkey") == 0;
}

static bool unique_fault(struct work *work, const struct table *table, const char *where)
{
    for (uint8_t at = 1; at <= table->width; at++)
        if (((column_at(table, at)->is & (UNIQUE | KEY)) && names_index(table, (uint8_t[]){ at, 0 }, where))
            || ((column_at(table, at)->is & KEY) && names_key(table, where)))
            return taken(work, column_at(table, at));
    for (const struct index *index = table->indexes; index->on[0]; index++)
        if (index->unique && names_index(table, index->on, where)) {
            size_t last = 0;
            while (index->on[last + 1])
                last++;
            return taken(work, column_at(table, index->on[last]));
        }
    return false;
}

static bool check_fault(struct work *work, const struct table *table, const char *where)
{
    for (const struct constraint *constraint = table->constraints; constraint->name; constraint++)
        if (strcmp(where, constraint->name) == 0) {
            error_clear(&work->error);
            return fail(&work->error, ERROR_rule_broken, "%s", constraint->says);
        }
    return false;
}

bool fault_of_write(struct work *work, const struct table *table)
{
    const struct db_fault *fault = db_fault(work->db);
    if (work->error.code != ERROR_internal)
        return false;
    switch (fault->failure) {
    case DB_FAILURE_UNIQUE: return unique_fault(work, table, fault->where);
    case DB_FAILURE_CHECK: return check_fault(work, table, fault->where);
    case DB_FAILURE_REFERENCE: /* it was there when the references were looked up, and is gone now */
        error_clear(&work->error);
        return fail(&work->error, ERROR_no_such_reference, "record that it refers to");
    default: return false;
    }
}

bool fault_of_removal(struct work *work)
{
    if (work->error.code != ERROR_internal || db_fault(work->db)->failure != DB_FAILURE_REFERENCE)
        return false;
    error_clear(&work->error);
    return fail(&work->error, ERROR_in_use, "");
}
