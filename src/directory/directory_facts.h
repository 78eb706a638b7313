/* What the directory tells of a tenant, read from the database. */
#pragma once
#include "directory/directory.h"
#include "features/catalog.h"
#include "record/work.h"

enum { FACTS_PAGE_MAX = 512, TERMS_WRITTEN_MAX = 8 };

/* A row's TERMS_resolved. */
struct written_terms {
    const struct value *row; /* NULL: none yet */
    struct text terms;
};

struct facts_page {
    struct result result;           /* the id stands first in each row */
    struct assignments assignments; /* of these tenants */
    uint64_t ticket;
    struct written_terms written[TERMS_WRITTEN_MAX]; /* the latest */
    size_t written_next;
};

/* Tenants in the order of their ids, at most FACTS_PAGE_MAX; `where` is a condition on t (tenants). */
[[nodiscard]] bool facts_read(struct work *work, struct arena *arena, const char *where,
                              const struct value *parameters, size_t parameter_count,
                              struct facts_page *page);
/* The facts of a row; false: it is to be taken out, and only its id and revision are filled in. */
bool facts_of_row(struct facts_page *page, size_t row, struct arena *arena, struct tenant_facts *facts);
