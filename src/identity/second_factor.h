/*
 * Second factors: what a person proves beside the first one (a password, an identity provider).
 *
 * A method is a line of `second_factor_methods`, at the place that its word has in second_factor_kind
 * (model/tables/shapes.def). Adding one: the word, its line, and what it stores; sign-in, step-up, policy and
 * reset follow.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

/* What somebody gives as a proof. */
struct second_factor_attempt {
    enum second_factor_kind kind;
    const struct user *user;
    const struct second_factor_ticket *ticket; /* what the proof is for: a challenge is kept with it */
    struct text code;                          /* of the methods where something is typed */
    struct text credential;                    /* of passkeys: what the browser answered */
};

/* Each is called in a transaction. */
struct second_factor_method {
    unsigned amr;  /* beside AMR_TWO_FACTORS */
    bool is_spare; /* stands in for another and is no second factor alone */
    bool (*is_enrolled)(struct work *work, struct text user_id, bool *enrolled);
    /* Of all who try at once with the same proof, *good is true for one. */
    bool (*verify)(struct work *work, const struct second_factor_attempt *attempt, bool *good);
    /* Removes all that is stored of it. */
    bool (*forget)(struct work *work, struct text user_id);
};
extern const struct second_factor_method second_factor_methods[second_factor_kind_count];

/* The kind that the word names; second_factor_kind_count: none. */
enum second_factor_kind second_factor_named(struct text name);

/* The kinds that the person has, as bits 1 << kind. */
[[nodiscard]] bool second_factors_enrolled(struct work *work, struct text user_id, unsigned *kinds);
struct text second_factors_write(struct arena *arena, unsigned kinds); /* ["totp"] */
