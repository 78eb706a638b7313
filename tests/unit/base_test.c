/* Text, the floor of the floor. */
#include "base/text.h"
#include "test.h"

TEST(a_text_is_cut_at_its_separators)
{
    struct text rest = TEXT("a,,b");
    CHECK(text_is(text_cut(&rest, ','), "a"));
    CHECK(text_is(text_cut(&rest, ','), ""));
    CHECK(text_is(text_cut(&rest, ','), "b"));
    CHECK(rest.length == 0);
}
