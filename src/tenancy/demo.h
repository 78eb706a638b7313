/* Companies, people and places that could be: what demo tenants are made of. */
#pragma once
#include "base/arena.h"

struct demo_person {
    const char *first_name, *last_name;
    struct text email;
};

struct demo_company {
    struct text name, legal_name, slug, tax_id, address, phone;
    const char *industry, *size, *plan, *city, *department;
    struct demo_person contact;
    int people; /* besides the contact */
};

/* Number i of a row that is always the same. */
struct demo_company demo_company_at(struct arena *arena, int i);
struct demo_person demo_person_at(struct arena *arena, const struct demo_company *company, int i, int person);

/* The digit behind a Colombian NIT, as the tax office computes it. */
int nit_check_digit(int64_t nit);
