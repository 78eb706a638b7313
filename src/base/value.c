#include "base/value.h"

bool value_equal(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case VALUE_ABSENT:
    case VALUE_NULL: return true;
    case VALUE_BOOLEAN: return a.boolean == b.boolean;
    case VALUE_INTEGER:
    case VALUE_TIME: return a.integer == b.integer;
    case VALUE_TEXT: return text_equal(a.text, b.text);
    }
    return false;
}
