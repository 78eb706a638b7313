#include "tenancy/slug.h"
#include <stdlib.h>

/* In the order of their bytes. */
static const struct text reserved[] = {
#define WORD(word) TEXT_CONSTANT(word),
#include "tenancy/reserved_words.def"
#undef WORD
};

static int compare(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

bool slug_is_reserved(struct text slug)
{
    return bsearch(&slug, reserved, sizeof reserved / sizeof *reserved, sizeof *reserved, compare) != NULL;
}
