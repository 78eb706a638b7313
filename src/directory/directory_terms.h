/*
 * The terms on which a tenant is served, as its row has them: its plan and service, what it has of its own,
 * and how much it may use. Most tenants of a plan have them alike, down to their piece of the reply of
 * GET /resolve.
 */
#pragma once
#include "directory/limits.h"
#include "directory/shared.h"
#include "model/service_level.h"

/* The texts; they may be empty. */
enum terms_part {
    TERMS_plan_type,
    TERMS_plan_status,
    TERMS_level_reason,
    TERMS_level_next,
    TERMS_timezone,
    TERMS_plan_id,
    TERMS_modules,  /* the tenant's own: a JSON array */
    TERMS_lines,    /* the tenant's own: features/catalog.h */
    TERMS_resolved, /* of the reply of GET /resolve what stands between the tenant's own and its offer */
    TERMS_PARTS
};

/* What terms are made of. */
struct terms_facts {
    int64_t limits[LIMIT_COUNT];
    int64_t level_until; /* 0: nothing is promised */
    enum service_level level;
    bool is_active, requires_second_factor;
    struct text parts[TERMS_PARTS];
};

struct directory_terms {
    struct shared head;
    int64_t limits[LIMIT_COUNT];
    int64_t level_until;
    enum service_level level;
    bool is_active, requires_second_factor;
    uint32_t ends[TERMS_PARTS]; /* of each part in `bytes` */
    char bytes[];
};

/* Those that agree with the facts, for one tenant more. */
const struct directory_terms *terms_take(struct shards *all, const struct terms_facts *facts);
struct text terms_part(const struct directory_terms *terms, enum terms_part part);
