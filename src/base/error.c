#include "base/error.h"
#include <stdarg.h>
#include <stdio.h>

const struct error_words error_words[ERROR_COUNT] = {
    [ERROR_none] = { "none", KIND_NONE, "", "" },
#define ERROR(code, kind, english, spanish) [ERROR_##code] = { #code, KIND_##kind, english, spanish },
#include "base/errors.def"
#undef ERROR
};

bool fail(struct error *error, enum error_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->code = code;
    vsnprintf(error->about, sizeof error->about, format, arguments);
    va_end(arguments);
    return false;
}

bool fail_at(struct error *error, const char *pointer, enum error_code code, const char *format, ...)
{
    if (error->code == ERROR_none)
        fail(error, ERROR_invalid_body, "");
    if (error->fault_count == FAULTS_MAX)
        return false;
    struct fault *fault = &error->faults[error->fault_count++];
    fault->code = code;
    snprintf(fault->pointer, sizeof fault->pointer, "%s", pointer);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->about, sizeof fault->about, format, arguments);
    va_end(arguments);
    return false;
}

void error_clear(struct error *error)
{
    error->code = ERROR_none;
    error->retry_after_seconds = 0;
    error->about[0] = '\0';
    error->fault_count = 0;
}

enum error_kind error_kind(const struct error *error)
{
    return error_words[error->code].kind;
}
