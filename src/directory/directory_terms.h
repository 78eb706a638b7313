/*
 * The terms on which a tenant is served: its plan and service, what it may use and how much of it.
 *
 * Most tenants of a plan have them alike, down to the end of the reply of GET /resolve. They are kept in
 * memory once for all of these, as long as one of them has them.
 */
#pragma once
#include "directory/limits.h"
#include "directory/shards.h"
#include "model/service_level.h"

/* The texts; they may be empty. */
enum terms_part {
    TERMS_plan_type,
    TERMS_plan_status,
    TERMS_level_reason,
    TERMS_level_next,
    TERMS_timezone,
    TERMS_modules, /* JSON arrays, as features/effective.h finds them */
    TERMS_submodules,
    TERMS_flags,
    TERMS_features, /* a JSON array: the plan's */
    TERMS_resolved, /* of the reply of GET /resolve what stands behind the tenant's own */
    TERMS_PARTS
};

/* What terms are made of, and compared by. */
struct terms_facts {
    int64_t limits[LIMIT_COUNT];
    int64_t level_until; /* 0: nothing is promised */
    enum service_level level;
    bool is_active, requires_second_factor;
    struct text parts[TERMS_PARTS];
};

struct directory_terms {
    size_t tenants; /* that have them; the writer's own */
    size_t length;  /* of `bytes` */
    /* The rest is what they are found by. */
    int64_t limits[LIMIT_COUNT];
    int64_t level_until;
    enum service_level level;
    bool is_active, requires_second_factor;
    uint32_t ends[TERMS_PARTS]; /* of each part in `bytes` */
    char bytes[];
};

/* All terms there are; one writer at a time. */
struct shards *terms_create_all(struct reclaimer *reclaimer);
void terms_destroy_all(struct shards *all);

/* Those that agree with the facts, found or made, for one tenant more. */
const struct directory_terms *terms_take(struct shards *all, const struct terms_facts *facts);
/* For one tenant less; NULL: nothing. Whoever still reads them may go on. */
void terms_give_back(struct shards *all, const struct directory_terms *terms);

struct text terms_part(const struct directory_terms *terms, enum terms_part part);
