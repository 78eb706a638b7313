#include "api/traceparent.h"
#include "http/server.h"

/* VERSION "-" TRACE "-" PARENT "-" FLAGS, all in lower-case hexadecimal digits. */
enum { VERSION_LENGTH = 2, TRACE_LENGTH = 32, PARENT_LENGTH = 16, FLAGS_LENGTH = 2 };
enum { WHOLE_LENGTH = VERSION_LENGTH + 1 + TRACE_LENGTH + 1 + PARENT_LENGTH + 1 + FLAGS_LENGTH };

static bool is_of_digits(struct text field, size_t length)
{
    return field.length == length && text_consists_of(field, "0123456789abcdef");
}

static bool is_id(struct text field, size_t length)
{
    return is_of_digits(field, length) && !text_consists_of(field, "0");
}

/* A later version than ours is read as far as we know it: it may go on, behind another dash. */
static struct text read_trace(struct text header)
{
    struct text rest = header, version = text_cut(&rest, '-'), trace = text_cut(&rest, '-'),
                parent = text_cut(&rest, '-'), flags = text_cut(&rest, '-');
    bool taken = is_of_digits(version, VERSION_LENGTH) && !text_is(version, "ff")
              && is_id(trace, TRACE_LENGTH) && is_id(parent, PARENT_LENGTH)
              && is_of_digits(flags, FLAGS_LENGTH)
              && (!text_is(version, "00") || header.length == WHOLE_LENGTH);
    return taken ? trace : TEXT("");
}

struct text traceparent_read(const struct request *request)
{
    struct text header = TEXT("");
    for (size_t i = 0; i < request->header_count; i++) {
        if (!text_equal_blind(request->headers[i].name, TEXT("traceparent")))
            continue;
        if (header.length > 0)
            return TEXT("");
        header = request->headers[i].value;
    }
    return read_trace(header);
}
