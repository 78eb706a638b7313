/* The trace that a caller tells: which of its spellings are taken, by the rules of W3C Trace Context. */
#include "api/traceparent.h"
#include "http/server.h"
#include "test.h"

#define TRACE    "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT   "00f067aa0ba902b7"
#define ZEROS_16 "0000000000000000"

static struct text told(const char *value)
{
    const struct header headers[] = { { TEXT("Host"), TEXT("localhost") },
                                      { TEXT("TraceParent"), text_from(value) } };
    const struct request request = { .headers = headers, .header_count = 2 };
    test_note("%s", value);
    return traceparent_read(&request);
}

TEST(a_trace_is_taken_by_its_id)
{
    CHECK(text_is(told("00-" TRACE "-" PARENT "-01"), TRACE));
    CHECK(text_is(told("00-" TRACE "-" PARENT "-00"), TRACE));
    CHECK(text_is(told("00-" TRACE "-" PARENT "-ff"), TRACE)); /* flags that nobody knows yet */
    CHECK(text_is(told("00-" ZEROS_16 "0000000000000001-0000000000000001-00"), ZEROS_16 "0000000000000001"));
}

TEST(a_later_version_is_read_as_far_as_it_is_known)
{
    CHECK(text_is(told("01-" TRACE "-" PARENT "-01"), TRACE));
    CHECK(text_is(told("cc-" TRACE "-" PARENT "-01-what-the-future-will-be-like"), TRACE));
    CHECK(text_is(told("fe-" TRACE "-" PARENT "-01-"), TRACE));
    CHECK(told("01-" TRACE "-" PARENT "-01.what").length == 0);
    CHECK(told("01-" TRACE "-" PARENT "-011").length == 0);
    CHECK(told("01-" TRACE "-" PARENT).length == 0);
}

TEST(what_is_no_trace_is_not_taken)
{
    static const char *const others[] = {
        "",
        "-",
        "---",
        TRACE,
        "00-" TRACE "-" PARENT,
        "00-" TRACE "-" PARENT "-",
        "00-" TRACE "-" PARENT "-0",
        "00-" TRACE "-" PARENT "-001",
        "00-" TRACE "-" PARENT "-0x",
        "00-" TRACE "-" PARENT "-0A",
        "00-" TRACE "-" PARENT "-01-",
        "00-" TRACE "-" PARENT "-01-more",
        "ff-" TRACE "-" PARENT "-01",
        "ff-" TRACE "-" PARENT "-01-more",
        "FF-" TRACE "-" PARENT "-01",
        "0-0" TRACE "-" PARENT "-01",
        "000-" TRACE "-" PARENT "-01",
        "0x-" TRACE "-" PARENT "-01",
        "00-" ZEROS_16 ZEROS_16 "-" PARENT "-01",
        "00-" TRACE "-" ZEROS_16 "-01",
        "01-" TRACE "-" ZEROS_16 "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
        "00-" TRACE "-00F067AA0BA902B7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-" PARENT "-01",
        "00-" TRACE "0-" PARENT "-01",
        "00-" TRACE "-" PARENT "0-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47\"6-" PARENT "-01",
        "00_" TRACE "-" PARENT "-01",
        "00-" TRACE "-" PARENT "-01, 00-" TRACE "-" PARENT "-01",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(told(others[i]).length == 0);
}

TEST(of_two_callers_neither_is_believed)
{
    static const char value[] = "00-" TRACE "-" PARENT "-01";
    const struct header headers[] = { { TEXT("traceparent"), text_from(value) },
                                      { TEXT("Traceparent"), text_from(value) } };
    const struct request twice = { .headers = headers, .header_count = 2 };
    const struct request none = { .headers = headers };
    CHECK(traceparent_read(&twice).length == 0);
    CHECK(traceparent_read(&none).length == 0);
}
