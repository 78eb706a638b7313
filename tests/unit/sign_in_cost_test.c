#include "base/calendar.h"
#include "identity_world.h"
#include <time.h>

/*
 * What an attempt costs must not tell whom it was for. Each is compared by the processor time of this thread,
 * in which the hash runs here: it does not grow while others use the machine.
 */

enum { TRIES = 3 };

struct visitor {
    const char *email, *password;
    struct user changes; /* made to ana@nidia.test before the attempts */
};

/* "U*U" at cost 5, as it may have been imported. */
#define IMPORTED "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

static int64_t processor_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
}

/* The cheapest of a few tries: what is more was the machine's doing. */
static int64_t cost_of_refusal(struct world *world, const struct visitor *visitor)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < TRIES; i++) {
        struct grant grant;
        world->work.now += HOUR_MS; /* so that no bucket is empty */
        int64_t started = processor_us();
        bool refused = !identity_sign_in(&world->work, visitor->email, visitor->password, TEXT(""), &grant);
        int64_t cost = processor_us() - started;
        CHECK(refused && world->work.error.code == ERROR_invalid_credentials);
        least = cost < least ? cost : least;
    }
    return least;
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
    identity_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &user);
    const struct value text = value_string(IMPORTED), none = value_null();
    const struct visitor visitors[] = {
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
    int64_t usual =
        cost_of_refusal(world, &(struct visitor){ .email = "ana@nidia.test", .password = "wrong" });
    for (size_t i = 0; i < sizeof visitors / sizeof *visitors; i++) {
        change(world, visitors[i].changes);
        int64_t cost = cost_of_refusal(world, &visitors[i]);
        test_note("visitor %zu: %lld us, a wrong password %lld us", i, (long long)cost, (long long)usual);
        CHECK(cost > usual * 2 / 3 && cost < usual * 3 / 2);
    }
}
