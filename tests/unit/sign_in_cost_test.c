#include "base/calendar.h"
#include "identity_world.h"
#include <crypt.h>
#include <stdlib.h>

/*
 * What an attempt costs must not tell whom it was for. Its cost is that of bcrypt, counted in rounds: their
 * time grows while others use the machine.
 */

enum { USUAL_COST = 10 /* identity_world's */ };

struct visitor {
    const char *email, *password;
    struct user changes; /* made to ana@nidia.test before the attempt */
};

/* "U*U" at cost 5, as it may have been imported. */
#define IMPORTED "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

/* The library's crypt_rn(), as the linker has it here: it counts what "$2b$10$…" asks of it. */
static int64_t rounds;
char *__real_crypt_rn(const char *phrase, const char *setting, void *data, int size);
char *__wrap_crypt_rn(const char *phrase, const char *setting, void *data, int size);

char *__wrap_crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
    rounds += INT64_C(1) << atoi(setting + sizeof "$2b$" - 1);
    return __real_crypt_rn(phrase, setting, data, size);
}

static void change(struct world *world, struct user changes)
{
    struct user user;
    world_act_as_system(world);
    user.id = world_ask(world, "SELECT id FROM users WHERE email = 'ana@nidia.test'");
    identity_reload(&world->work, &user);
    CHECK(world_try_update(&world->work, &users_table, user.cells, changes.cells, user.cells));
}

TEST_IN_WORLD(every_refused_attempt_costs_one_hash_of_the_current_parameters)
{
    IDENTITY;
    struct user user;
    struct grant grant;
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    const struct value text = value_string(IMPORTED), none = value_null();
    const struct visitor visitors[] = {
        { "ana@nidia.test", "wrong", {} },
        { "nobody@nidia.test", PASSWORD, {} },
        { "ana@nidia.test", "", {} },
        { "ana@nidia.test",
          PASSWORD,
          { .is_locked = value_boolean(true), .locked_at = value_time(WORLD_BEGIN_MS) } },
        { "ana@nidia.test",
          PASSWORD,
          { .is_active = value_boolean(false), .is_locked = value_boolean(false) } },
        { "ana@nidia.test", "wrong", { .password_hash = text, .password_key_id = none } },
        /* Right, but shut out: whether it was right must not show either. */
        { "ana@nidia.test", "U*U", { .is_active = value_boolean(true), .is_locked = value_boolean(true) } },
        { "ana@nidia.test", PASSWORD, { .password_hash = value_string("$2b$99$broken") } },
        { "ana@nidia.test", PASSWORD, { .password_hash = none } },
    };
    for (size_t i = 0; i < sizeof visitors / sizeof *visitors; i++) {
        change(world, visitors[i].changes);
        world->work.now += HOUR_MS; /* so that no bucket is empty */
        rounds = 0;
        CHECK(!identity_sign_in(&world->work, visitors[i].email, visitors[i].password, TEXT(""), &grant));
        test_note("visitor %zu: %lld rounds", i, (long long)rounds);
        CHECK(world->work.error.code == ERROR_invalid_credentials && rounds == 1 << USUAL_COST);
    }
}
