"""How long a refusal takes does not tell whom it was for (IDENTITY.md, Passwords).

Each kind of attempt is timed over one connection, all in one random order, so that what else the machine does falls on
all alike; what it did for longer than a block is taken off all of the block. That two kinds take equally long is shown where
the confidence interval of the difference of their medians (bootstrap) lies within ±BOUND_MS; that they do not, where it lies
outside. What decides neither is measured on.

That each attempt costs one hash is shown in every run by tests/unit/sign_in_cost_test.c; this here takes minutes."""

import itertools
import random
import statistics
from unittest import SkipTest

from harness import LONG, PASSWORD

BOUND_MS = 2.0
SAMPLES, SAMPLES_MAX, BLOCK = 500, 1500, 20
RESAMPLES = 2000
OUTSIDE = 0.0005  # of the resamples, at each end


def time_block(client, kinds, times):
    """Adds BLOCK times of each kind's call to `times`: milliseconds over or under the block's median."""
    taken = []
    for kind in random.sample(list(kinds) * BLOCK, len(kinds) * BLOCK):
        kinds[kind]()
        taken.append((kind, client.took_s * 1000))
    level = statistics.median(took for _, took in taken)
    for kind, took in taken:
        times[kind].append(took - level)
    return level


def intervals(times):
    """{pair: (least, most)} that the difference of their medians can be said to be."""
    medians = [{kind: statistics.median(random.choices(sample, k=len(sample))) for kind, sample in times.items()}
               for _ in range(RESAMPLES)]
    edge = int(RESAMPLES * OUTSIDE)
    found = {}
    for one, other in itertools.combinations(times, 2):
        gaps = sorted(resample[one] - resample[other] for resample in medians)
        found[one, other] = gaps[edge], gaps[-1 - edge]
    return found


def check_equally_long(client, kinds, between=lambda: None):
    times = {kind: [] for kind in kinds}
    time_block(client, kinds, {kind: [] for kind in kinds})  # what is made at the first use
    for taken in range(SAMPLES, SAMPLES_MAX + 1, SAMPLES):
        levels = [time_block(client, kinds, times) for _ in range(SAMPLES // BLOCK)]
        between()
        found = intervals(times)
        medians = {kind: f"{statistics.median(sample):+.2f}" for kind, sample in times.items()}
        told = f"{taken} of each at {statistics.median(levels):.1f} ms: {medians}"
        apart = {pair: gap for pair, gap in found.items() if gap[0] >= BOUND_MS or gap[1] <= -BOUND_MS}
        assert not apart, f"{told}; apart by {apart}"
        if all(-BOUND_MS < least and most < BOUND_MS for least, most in found.values()):
            return print(f"    {told}")
    raise SkipTest(f"the machine was too busy to tell a difference of {BOUND_MS} ms: {told}; {found}")


def open_throttles(world):
    world.signed_in = None  # the story before took longer than a token is good
    for setting, value in (("bcrypt_cost", 10), ("sign_ins_per_account", 10000), ("sign_ins_per_address", 100000),
                           ("resets_per_account", 1000), ("lock_after_failures", 1000)):
        world.admin.patch(f"/system_settings/{setting}", {"value": value})


def test_a_refused_sign_in_takes_as_long_whoever_it_was_for(world):
    if not LONG:
        raise SkipTest("minutes: --long")
    open_throttles(world)
    tenant = world.new_tenant()
    wrong, empty, locked, inactive = (world.new_user("support") for _ in range(4))
    of_tenant = world.new_user("tenant_admin", tenant["id"])
    world.admin.post(f"/users/{locked['id']}/lock", {"reason": "lost laptop"}, 200)
    world.admin.patch(f"/users/{inactive['id']}", {"is_active": False})
    attempts = {"unknown": ("nobody@nidia.test", PASSWORD), "wrong": (wrong["email"], "wrong-but-long-enough"),
                "locked": (locked["email"], PASSWORD), "inactive": (inactive["email"], PASSWORD), "empty": (empty["email"], ""),
                "of a tenant": (of_tenant["email"], "wrong-but-long-enough")}
    client = world.visitor

    def attempt(email, password):
        return lambda: client.post("/auth/login", {"email": email, "password": password}, 401)

    def forget_failures():
        for user in (wrong, empty, of_tenant):
            client.post("/auth/login", {"email": user["email"], "password": PASSWORD}, 200)
    check_equally_long(client, {kind: attempt(*credentials) for kind, credentials in attempts.items()}, forget_failures)


def test_asking_for_a_link_takes_as_long_whether_there_is_such_a_person_or_not(world):
    if not LONG:
        raise SkipTest("minutes: --long")
    open_throttles(world)
    known, inactive = (world.new_user("support") for _ in range(2))
    world.admin.patch(f"/users/{inactive['id']}", {"is_active": False})
    client = world.visitor
    check_equally_long(client, {kind: lambda email=email: client.post("/auth/forgot-password", {"email": email}, 202) for kind, email in (
        ("unknown", "nobody@nidia.test"), ("known", known["email"]), ("inactive", inactive["email"]))})
