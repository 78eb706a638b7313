#include "tenancy/demo.h"
#include "base/buffer.h"
#include "record/search.h"
#include <assert.h>

/* The list is read four times; each time all but one of its words mean nothing. */
#define DEMO_WORD(...)
#define DEMO_CITY(...)
#define DEMO_NAME(...)
#define DEMO_TRADE(called, industry) { called, industry },
static const struct {
    const char *called, *industry;
} trades[] = {
#include "tenancy/demo_words.def"
};
#undef DEMO_TRADE
#define DEMO_TRADE(...)

#undef DEMO_WORD
#define DEMO_WORD(word) word,
static const char *const words[] = {
#include "tenancy/demo_words.def"
};
#undef DEMO_WORD
#define DEMO_WORD(...)

#undef DEMO_CITY
#define DEMO_CITY(city, department, telephone) { city, department, telephone },
static const struct {
    const char *city, *department, *telephone;
} cities[] = {
#include "tenancy/demo_words.def"
};
#undef DEMO_CITY
#define DEMO_CITY(...)

#undef DEMO_NAME
#define DEMO_NAME(first, last) { first, last },
static const struct {
    const char *first, *last;
} names[] = {
#include "tenancy/demo_words.def"
};

#define COUNT(list) (sizeof list / sizeof *list)

enum { COMBINATIONS = COUNT(trades) * COUNT(words), STRIDE = 379, PEOPLE_MAX = 6 };
static_assert(COMBINATIONS % STRIDE != 0, "the stride reaches every combination");

/* The same numbers for the same company, whatever was drawn before. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t pick(uint64_t *state, size_t count)
{
    return (size_t)(draw(state) % count);
}

int nit_check_digit(int64_t nit)
{
    static const int weights[] = { 3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71 };
    int64_t sum = 0;
    for (size_t i = 0; nit > 0 && i < COUNT(weights); i++, nit /= 10)
        sum += nit % 10 * weights[i];
    int64_t rest = sum % 11;
    return (int)(rest > 1 ? 11 - rest : rest);
}

/* "Café El Cóndor" is cafe-el-condor. */
static struct text slug_of(struct arena *arena, struct text name)
{
    struct text folded = search_fold(arena, name);
    struct buffer slug = { .arena = arena };
    for (size_t i = 0; i < folded.length; i++) {
        char byte = folded.data[i];
        bool keeps = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        if (keeps)
            buffer_add_byte(&slug, byte);
        else if (slug.length > 0 && slug.data[slug.length - 1] != '-')
            buffer_add_byte(&slug, '-');
    }
    return slug.text;
}

static struct demo_person person_of(struct arena *arena, const struct demo_company *company, uint64_t state)
{
    struct demo_person person = { .first_name = names[pick(&state, COUNT(names))].first,
                                  .last_name = names[pick(&state, COUNT(names))].last };
    struct text first = slug_of(arena, text_from(person.first_name));
    struct text last = slug_of(arena, text_from(person.last_name));
    person.email = arena_format(arena, "%.*s.%.*s@%.*s.example", TEXT_ARG(first), TEXT_ARG(last),
                                TEXT_ARG(company->slug));
    return person;
}

/* Behind the contact, who is number 0: a number in the address keeps namesakes apart. */
struct demo_person demo_person_at(struct arena *arena, const struct demo_company *company, int i, int number)
{
    uint64_t state = ((uint64_t)i << 8) + (uint64_t)number;
    struct demo_person person = person_of(arena, company, state);
    if (number > 0) {
        size_t at = text_find_byte(person.email, '@');
        person.email = arena_format(arena, "%.*s%d%.*s", (int)at, person.email.data, number,
                                    TEXT_ARG(text_slice(person.email, at, person.email.length)));
    }
    return person;
}

static void place(struct demo_company *company, struct arena *arena, uint64_t *state, size_t city)
{
    company->city = cities[city].city;
    company->department = cities[city].department;
    company->address = arena_format(arena, "Carrera %zu # %zu-%02zu", 1 + pick(state, 120),
                                    1 + pick(state, 150), 1 + pick(state, 98));
    company->phone = arena_format(arena, "+57 %s %03zu %04zu", cities[city].telephone, 200 + pick(state, 700),
                                  pick(state, 10'000));
}

/* Few are big. */
static void size(struct demo_company *company, uint64_t *state)
{
    static const struct {
        const char *plan, *size;
        int up_to, people_max;
    } sizes[] = {
        { "free", "1-10", 20, 1 },
        { "basic", "1-10", 60, 3 },
        { "professional", "11-50", 90, 5 },
        { "enterprise", "51-200", 100, PEOPLE_MAX },
    };
    int drawn = (int)pick(state, 100), i = 0;
    while (drawn >= sizes[i].up_to)
        i++;
    company->plan = sizes[i].plan;
    company->size = sizes[i].size;
    company->people = 1 + (int)pick(state, (size_t)sizes[i].people_max);
}

struct demo_company demo_company_at(struct arena *arena, int i)
{
    static const char *const forms[] = { "S.A.S.", "S.A.S.", "S.A.S.", "Ltda.", "S.A." };
    uint64_t state = (uint64_t)i;
    size_t combination = (size_t)i * STRIDE % COMBINATIONS, round = (size_t)i / COMBINATIONS;
    size_t city = (pick(&state, COUNT(cities)) + round) % COUNT(cities);
    const char *called = trades[combination % COUNT(trades)].called;
    const char *word = words[combination / COUNT(trades)];
    int64_t nit = 800'000'000 + (int64_t)pick(&state, 150'000) * 1'000 + i % 1'000;

    struct demo_company company = { .industry = trades[combination % COUNT(trades)].industry };
    company.name = round == 0 ? arena_format(arena, "%s %s", called, word)
                              : arena_format(arena, "%s %s %zu", called, word, round + 1);
    company.legal_name =
        arena_format(arena, "%.*s %s", TEXT_ARG(company.name), forms[pick(&state, COUNT(forms))]);
    company.slug = slug_of(arena, company.name);
    company.tax_id = arena_format(arena, "%lld-%d", (long long)nit, nit_check_digit(nit));
    place(&company, arena, &state, city);
    size(&company, &state);
    company.contact = demo_person_at(arena, &company, i, 0);
    return company;
}
