/*
 * What each level of service means: the one table that sign-in, the API, the directory, what is consumed and
 * the tenant's database go by.
 */
#pragma once
#include "base/error.h"
#include "model/model.h"

struct service_rules {
    bool reads_data;  /* the product's role enters the tenant's database */
    bool writes_data; /* and changes what is in it */
    bool is_found;    /* its own domains lead to it, and all its names get certificates */
    bool lets_in;     /* its people sign in, its keys are good */
    bool may_change;  /* its people change what is theirs in this program */
    bool may_consume;
    enum error_code refusal; /* of what is not allowed */
};

/* A word that is no level is `off`. */
enum service_level service_level_named(struct text level);
const struct service_rules *service_rules_of(enum service_level level);
/* What holds for the tenant's database: nothing is allowed where it is not there yet or not its own any more.
 */
const struct service_rules *service_rules_of_data(const struct tenant *tenant);
