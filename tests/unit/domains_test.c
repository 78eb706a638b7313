/* Domains: which addresses are public; and whatever happens to them, nothing unverified ever resolves. */
#include "base/calendar.h"
#include "directory/directory.h"
#include "domains/certificates.h"
#include "domains/proof.h"
#include "net/address.h"
#include "settings/settings.h"
#include "tenancy_world.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool is_public(const char *text)
{
    struct sockaddr_storage address = {};
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address;
    bool is_ipv6 = strchr(text, ':') != NULL;
    address.ss_family = is_ipv6 ? AF_INET6 : AF_INET;
    CHECK(inet_pton(address.ss_family, text, is_ipv6 ? (void *)&ipv6->sin6_addr : (void *)&ipv4->sin_addr)
          == 1);
    return address_is_public((const struct sockaddr *)&address);
}

TEST(what_only_some_can_reach_is_not_public)
{
    static const char *const reachable[] = { "8.8.8.8",    "1.1.1.1",     "100.63.255.255", "100.128.0.0",
                                             "172.15.0.1", "172.32.0.0",  "192.0.1.0",      "198.17.255.255",
                                             "198.20.0.0", "223.255.0.1", "2606:4700::1",   "2a00::1",
                                             "2001:200::1" };
    static const char *const special[] = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.0.1",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::808:808",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "4000::1",
        "::127.0.0.1",
    };
    for (size_t i = 0; i < sizeof reachable / sizeof *reachable; i++) {
        test_note("%s", reachable[i]);
        CHECK(is_public(reachable[i]));
    }
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        test_note("%s", special[i]);
        CHECK(!is_public(special[i]));
    }
}

struct noting {
    struct text id;
    struct proof proof;
    bool daily;
    struct tenant_domain after;
};

static bool note(struct work *work, void *data)
{
    struct noting *noting = data;
    struct tenant_domain before;
    return store_find_by(work, &tenant_domains_table, "id", value_text(noting->id), true, before.cells)
        && proof_note(work, &before, &noting->proof, noting->daily, &noting->after);
}

/* What the DNS said, written; false where it could not be. */
static bool try_note(struct world *world, struct text id, enum proof_outcome outcome, bool daily,
                     struct tenant_domain *after)
{
    struct noting noting = { .id = id, .proof = { .outcome = outcome }, .daily = daily };
    error_clear(&world->work.error);
    if (outcome != PROOF_FOUND)
        fail(&noting.proof.why, outcome == PROOF_MISSING ? ERROR_challenge_absent : ERROR_dns_unavailable,
             "");
    bool noted = db_transact(&world->work, note, &noting);
    *after = noting.after;
    return noted;
}

static bool claim(struct work *work, void *data)
{
    return service_of(domains_services, &tenant_domains_table)->create(work, data);
}

static bool try_claim(struct world *world, struct text tenant_id, const char *name,
                      struct tenant_domain *domain)
{
    *domain = (struct tenant_domain){ .tenant_id = value_text(tenant_id), .domain = value_string(name) };
    error_clear(&world->work.error);
    return db_transact(&world->work, claim, domain->cells);
}

TEST_IN_WORLD(a_domain_is_lost_after_definite_failures_in_a_row_alone)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {};
    struct tenant_domain domain;
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(try_claim(world, tenant.id.text, "acme.co", &domain));
    struct text id = domain.id.text;
    CHECK(domain.claim_expires_at.integer == world->work.now + 7 * DAY_MS);
    CHECK(try_note(world, id, PROOF_FOUND, false, &domain) && value_is_true(domain.is_verified));
    CHECK(!value_is_set(domain.claim_expires_at));

    static const enum proof_outcome seen[] = { PROOF_MISSING, PROOF_MISSING, PROOF_UNKNOWN, PROOF_FOUND,
                                               PROOF_MISSING, PROOF_UNKNOWN, PROOF_MISSING, PROOF_UNKNOWN };
    static const int failures[] = { 1, 2, 2, 0, 1, 1, 2, 2 };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        world->work.now += DAY_MS;
        int64_t revision = domain.revision.integer;
        CHECK(try_note(world, id, seen[i], true, &domain) && value_is_true(domain.is_verified));
        CHECK(domain.failures.integer == failures[i] && domain.revision.integer == revision);
        int64_t wait = domain.next_check_at.integer - world->work.now;
        CHECK(seen[i] == PROOF_UNKNOWN ? wait == HOUR_MS : wait >= 23 * HOUR_MS && wait <= 25 * HOUR_MS);
    }
    CHECK(try_note(world, id, PROOF_MISSING, false, &domain) && domain.failures.integer == 2);
    CHECK(try_note(world, id, PROOF_MISSING, true, &domain));
    CHECK(is_choice(domain.status, domain_status, lost) && !value_is_true(domain.is_verified));
    CHECK(domain.claim_expires_at.integer == world->work.now + 7 * DAY_MS);
    CHECK(world_number(world, "SELECT count(*) FROM events WHERE type = 'tenant_domain.lost'") == 1);
    CHECK(try_note(world, id, PROOF_FOUND, false, &domain) && domain.failures.integer == 0);
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(claims_that_are_never_proven_are_dropped)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {};
    struct tenant_domain pending, held;
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(try_claim(world, tenant.id.text, "pending.co", &pending));
    CHECK(try_claim(world, tenant.id.text, "held.co", &held)
          && try_note(world, held.id.text, PROOF_FOUND, false, &held));
    for (int days = 0; days < 8; days++, world->work.now += DAY_MS) {
        CHECK(world_number(world, "SELECT count(*) FROM tenant_domains") == 2);
        CHECK(domains_periodics[1].run(&world->work));
    }
    CHECK(world_number(world, "SELECT count(*) FROM tenant_domains") == 1);
    CHECK(world_number(world, "SELECT count(*) FROM events WHERE type = 'tenant_domain.deleted'") == 1);
    tenancy_end(&tenancy);
}

static bool note_certificate(struct work *work, void *data)
{
    struct tenant_domain *domain = data;
    const struct certificate shown = { .is_valid = true,
                                       .expires_at_ms = WORLD_BEGIN_MS + INT64_C(90) * DAY_MS };
    return store_find_by(work, &tenant_domains_table, "id", domain->id, true, domain->cells)
        && certificate_note(work, domain, &shown, domain);
}

TEST_IN_WORLD(the_end_of_a_certificate_is_told_once_two_weeks_before)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {};
    struct tenant_domain domain;
    static const char told[] =
        "SELECT count(*) FROM events WHERE type = 'tenant_domain.certificate_expiring'";
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(try_claim(world, tenant.id.text, "acme.co", &domain));
    for (int64_t day = 0; day < 90; day += 5) {
        world->work.now = WORLD_BEGIN_MS + day * DAY_MS;
        CHECK(db_transact(&world->work, note_certificate, &domain) && value_is_true(domain.ssl_enabled));
        CHECK(world_number(world, told) == (90 - day < 14));
    }
    tenancy_end(&tenancy);
}

enum { NAMES = 4, TENANTS = 3, STEPS = 150 };

static const char *const names[NAMES] = { "a.co", "b.co", "c.co", "d.co" };

/* Does the directory say what the database says, of each name? */
static bool agrees(struct world *world)
{
    struct directory *directory = world->site.directory;
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    for (int i = 0; i < NAMES; i++) {
        static const char sql[] =
            "SELECT d.tenant_id FROM tenant_domains d JOIN tenants t ON t.id = d.tenant_id"
            " WHERE d.domain = '%s' AND d.is_verified AND t.deletes_at IS NULL AND t.deleted_at IS NULL";
        char question[sizeof sql + 8];
        snprintf(question, sizeof question, sql, names[i]);
        struct value holder = world_ask(world, question);
        const struct directory_entry *entry = directory_find_host(directory, text_from(names[i]));
        if (entry ? !text_equal(directory_entry_part(entry, ENTRY_id), cell_text(holder))
                  : value_is_set(holder))
            return false;
    }
    return true;
}

static struct value any_domain(struct world *world)
{
    int64_t count = world_number(world, "SELECT count(*) FROM tenant_domains");
    if (count == 0)
        return value_null();
    static const char any[] = "SELECT id FROM tenant_domains ORDER BY id LIMIT 1 OFFSET %d";
    return world_ask(world,
                     arena_format(world->work.arena, any, (int)test_random_below((uint64_t)count)).data);
}

/* One of what may happen, to one of the domains or tenants; much of it is refused. */
static void happen(struct world *world, const struct tenant *tenants)
{
    struct value id = any_domain(world);
    struct tenant_domain domain;
    struct tenant tenant;
    struct text tenant_id = tenants[test_random_below(TENANTS)].id.text;
    uint64_t what = test_random_below(10);
    if (what < 3)
        (void)try_claim(world, tenant_id, names[test_random_below(NAMES)], &domain);
    else if (what == 3)
        (void)tenancy_try_act(world, tenant_id, (enum life_action)test_random_below(LIFE_bury), &tenant);
    else if (what == 4 && value_is_set(id)
             && store_find_by(&world->work, &tenant_domains_table, "id", id, false, domain.cells))
        (void)world_try_remove(&world->work, &tenant_domains_table, domain.cells);
    else if (value_is_set(id))
        (void)try_note(world, id.text, what < 8 ? PROOF_FOUND : PROOF_MISSING, true, &domain);
}

TEST_IN_WORLD(whatever_happens_nothing_unverified_resolves)
{
    struct tenancy_world tenancy;
    struct tenant tenants[TENANTS] = {};
    tenancy_begin(&tenancy, world);
    for (int i = 0; i < TENANTS; i++) {
        tenancy_create(world, (const char *[]){ "uno", "dos", "tres" }[i], &tenants[i]);
        tenancy_run_jobs(&tenancy);
    }
    for (int step = 0; step < STEPS; step++) {
        happen(world, tenants);
        CHECK(agrees(world));
        if (step % 50 == 0) {
            error_clear(&world->work.error);
            CHECK(directory_load(&world->work) && directory_load_hosts(&world->work) && agrees(world));
        }
    }
    tenancy_end(&tenancy);
}
