/* Making a tenant: names, plan, limits, trial; and how the directory learns of it. */
#include "base/calendar.h"
#include "directory/directory.h"
#include "hosting/place.h"
#include "tenancy/demo.h"
#include "tenancy/doctor_parts.h"
#include "tenancy/slug.h"
#include "tenancy_world.h"
#include <stdlib.h>
#include <string.h>

TEST_IN_WORLD(limits_come_from_the_plan_unless_given)
{
    struct tenancy_world tenancy;
    struct tenant tenant = { .plan_type = value_string("professional"),
                             .max_monthly_emails = value_integer(7) };
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(tenant.max_users.integer == 15 && tenant.max_storage_gb.integer == 20'000);
    CHECK(tenant.max_monthly_emails.integer == 7 && tenant.max_monthly_whatsapp.integer == 5'000);
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(a_trial_is_for_what_costs_something)
{
    struct tenancy_world tenancy;
    struct tenant paid = {}, free = { .plan_type = value_string("free") };
    struct subscription subscription;
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "paid", &paid);
    CHECK(is_choice(paid.plan_status, plan_status, trial));
    CHECK(paid.trial_ends_at.integer == world->work.now + INT64_C(30) * DAY_MS);
    CHECK(store_find_by(&world->work, &subscriptions_table, "tenant_id", paid.id, false, subscription.cells));
    CHECK(is_choice(subscription.status, subscription_status, trialing));
    CHECK(subscription.current_period_end.integer == paid.trial_ends_at.integer);

    tenancy_create(world, "gratis", &free);
    CHECK(is_choice(free.plan_status, plan_status, active) && !value_is_set(free.trial_ends_at));
    CHECK(store_find_by(&world->work, &subscriptions_table, "tenant_id", free.id, false, subscription.cells));
    CHECK(is_choice(subscription.status, subscription_status, active)
          && subscription.total_amount.integer == 0);
    CHECK(subscription.current_period_end.integer == calendar_add_months(world->work.now, 1));
    tenancy_end(&tenancy);
}

TEST_IN_WORLD(names_are_opaque_and_the_password_is_sealed_in_its_place)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {}, other = {};
    struct tenant_place place;
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    tenancy_create(world, "other", &other);
    CHECK(text_starts(tenant.db_name.text, TEXT("tenant_")) && tenant.db_name.text.length == 19);
    CHECK(text_ends(tenant.id.text, text_slice(tenant.db_name.text, 7, 19)));
    CHECK(!text_equal(tenant.db_name.text, other.db_name.text));
    CHECK(place_of_tenant(&world->work, &tenant, &place) && place.password.length >= 40);
    CHECK(!text_contains(tenant.db_password_encrypted.text, place.password));
    other.db_password_encrypted = tenant.db_password_encrypted;
    CHECK(!place_of_tenant(&world->work, &other, &place));
    tenancy_end(&tenancy);
}

static bool has_fault(const struct error *error, const char *pointer, enum error_code code)
{
    for (size_t i = 0; i < error->fault_count; i++)
        if (strcmp(error->faults[i].pointer, pointer) == 0 && error->faults[i].code == code)
            return true;
    return false;
}

TEST_IN_WORLD(all_faults_are_told_at_once_and_nothing_is_kept)
{
    struct tenancy_world tenancy;
    struct user user;
    tenancy_begin(&tenancy, world);
    world_add_user(world, "ana@acme.test", SUPER_ADMIN, TEXT(""), &user);
    struct tenant tenant = { .plan_type = value_string("platinum"),
                             .primary_contact_email = value_string("ANA@acme.test") };
    CHECK(!tenancy_try_create(world, "admin", &tenant));
    const struct error *error = &world->work.error;
    CHECK(error_kind(error) == KIND_INVALID && error->fault_count == 3);
    CHECK(has_fault(error, "/slug", ERROR_reserved_word));
    CHECK(has_fault(error, "/plan_type", ERROR_no_such_reference));
    CHECK(has_fault(error, "/primary_contact_email", ERROR_taken));

    struct tenant clashing = { .billing_email = value_string("ana@acme.test") };
    CHECK(!tenancy_try_create(world, "acme", &clashing));
    CHECK(error->code == ERROR_taken && has_fault(error, "/billing_email", ERROR_taken));
    CHECK(world_number(world, "SELECT count(*) FROM tenants") == 0);
    CHECK(world_number(world, "SELECT count(*) FROM subscriptions") == 0);
    CHECK(world_number(world, "SELECT count(*) FROM jobs") == 0);
    tenancy_end(&tenancy);
}

TEST(reserved_words_are_found_and_others_are_not)
{
    static const char *const reserved[] = {
        "about", "admin", "api", "nidia", "www", "your", "mail", "status"
    };
    static const char *const allowed[] = { "acme", "administradora", "apis-del-valle", "aaa", "zzz" };
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        CHECK(slug_is_reserved(text_from(reserved[i])));
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        CHECK(!slug_is_reserved(text_from(allowed[i])));
}

TEST_IN_WORLD(the_password_is_shown_with_an_audit_record_that_does_not_hold_it)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {}, after;
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_reveal_password, &after));
    CHECK(after.revision.integer == tenant.revision.integer);
    CHECK(world_number(world, "SELECT count(*) FROM audit_logs WHERE action = 'reveal_database_password' "
                              "AND old_values IS NULL AND new_values IS NULL")
          == 1);
    tenancy_end(&tenancy);
}

/* ---- The directory ---- */

static struct text resolved(struct world *world, const char *slug)
{
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader =
        directory_enter(world->site.directory);
    const struct directory_entry *entry = directory_find(world->site.directory, ENTRY_slug, text_from(slug));
    if (!entry)
        return TEXT("");
    struct text own = directory_entry_part(entry, ENTRY_resolved),
                terms = terms_part(entry->terms, TERMS_resolved),
                offer = offer_part(entry->offer, OFFER_resolved);
    return arena_format(world->work.arena, "%.*s%.*s%.*s", TEXT_ARG(own), TEXT_ARG(terms), TEXT_ARG(offer));
}

TEST_IN_WORLD(the_directory_follows_each_change_of_tenant_and_plan)
{
    struct tenancy_world tenancy;
    struct tenant tenant = { .enabled_modules = value_string("[\"inventory\",\"crm\"]") }, after;
    struct plan plan, plan_after;
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(text_contains(resolved(world, "acme"), TEXT("\"modules\":[\"crm\",\"orders\",\"inventory\"]")));
    CHECK(text_contains(resolved(world, "acme"), TEXT("\"is_active\":false")));
    CHECK(text_contains(resolved(world, "acme"), tenant.db_name.text));

    CHECK(store_find_by(&world->work, &plans_table, "id", tenant.plan_id, false, plan.cells));
    const struct plan changes = { .enabled_modules = value_string("[\"tasks\"]") };
    CHECK(world_try_update(&world->work, &plans_table, plan.cells, changes.cells, plan_after.cells));
    CHECK(text_contains(resolved(world, "acme"), TEXT("\"modules\":[\"tasks\",\"inventory\",\"crm\"]")));

    CHECK(tenancy_run_jobs(&tenancy) == 1);
    CHECK(text_contains(resolved(world, "acme"), TEXT("\"is_active\":true")));
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_suspend, &after));
    CHECK(text_contains(resolved(world, "acme"), TEXT("\"service_level\":\"off\"")));
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_delete, &after));
    CHECK(resolved(world, "acme").length == 0);
    CHECK(tenancy_try_act(world, tenant.id.text, LIFE_restore, &after));
    CHECK(text_contains(resolved(world, "acme"), TEXT("\"status\":\"suspended\"")));
    tenancy_end(&tenancy);
}

static bool may_have(struct world *world, int copy, int users)
{
    struct text reply = resolved(world, arena_format(world->work.arena, "copy-%d", copy).data);
    return text_contains(reply, arena_format(world->work.arena, "\"max_users\":%d,", users));
}

/* More than two pages of them, on many terms, and a few that are deleted. */
TEST_IN_WORLD(all_tenants_are_loaded_page_by_page)
{
    struct tenancy_world tenancy;
    struct tenant tenant = {};
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    const char *id = world->scratch.engine == ENGINE_SQLITE
                       ? "printf('01900000-0000-7000-8000-%012d', i)"
                       : "('01900000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid";
    struct text copies = arena_format(
        world->work.arena,
        "INSERT INTO tenants (id, name, slug, plan_id, plan_type, db_name, billing_email, max_users,"
        " deletes_at,"
        " created_at, updated_at, search)"
        " WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 2500)"
        " SELECT %s, 'x', 'copy-' || i, plan_id, plan_type, 'copy_' || i, billing_email, 1 + i %% 20,"
        " CASE WHEN i %% 100 = 0 THEN created_at END, created_at, updated_at, search"
        " FROM tenants, numbers WHERE slug = 'acme'",
        id);
    scratch_script(&world->scratch, copies.data);
    CHECK(directory_load(&world->work));
    CHECK(directory_figures(world->site.directory).tenants == 2501 - 25);
    CHECK(directory_figures(world->site.directory).tombstones == 0);
    CHECK(resolved(world, "copy-2499").length > 0 && resolved(world, "copy-2500").length == 0);
    for (int copy = 1; copy < 60; copy++)
        CHECK(may_have(world, copy, 1 + copy % 20));

    CHECK(tenancy_run_jobs(&tenancy) == 1);
    scratch_script(&world->scratch, "UPDATE tenants SET deletes_at = created_at, is_active = FALSE, "
                                    "revision = revision + 1 WHERE slug IN ('acme', 'copy-1')");
    CHECK(directory_load(&world->work));
    CHECK(resolved(world, "acme").length == 0 && resolved(world, "copy-1").length == 0);
    CHECK(directory_figures(world->site.directory).tombstones == 2);
    tenancy_end(&tenancy);
}

/* ---- Demo companies ---- */

TEST(check_digits_are_those_of_the_tax_office)
{
    CHECK(nit_check_digit(860'002'964) == 4 && nit_check_digit(890'903'938) == 8);
    CHECK(nit_check_digit(899'999'068) == 1 && nit_check_digit(800'197'268) == 4);
}

static int by_text(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

TEST(ten_thousand_companies_have_names_of_their_own_and_are_always_the_same)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct text *slugs = arena_array(arena, struct text, SEED_DEMO_MAX);
    const struct type *slug = &types[TYPE_slug];
    for (int i = 0; i < SEED_DEMO_MAX; i++) {
        struct demo_company company = demo_company_at(arena, i), again = demo_company_at(arena, i);
        slugs[i] = company.slug;
        CHECK(slug->accepts(company.slug) && !slug_is_reserved(company.slug));
        CHECK(text_equal(company.tax_id, again.tax_id)
              && text_equal(company.contact.email, again.contact.email));
        CHECK(text_equal(company.address, again.address) && company.people == again.people);
    }
    qsort(slugs, SEED_DEMO_MAX, sizeof *slugs, by_text);
    for (int i = 1; i < SEED_DEMO_MAX; i++)
        CHECK(!text_equal(slugs[i - 1], slugs[i]));
}

static bool create_person(struct work *work, struct value *cells)
{
    return store_create(work, &users_table, cells);
}

TEST_IN_WORLD(demo_tenants_are_made_once_and_find_seats_for_their_people)
{
    static const struct service people[] = { { .table = &users_table, .create = create_person }, {} };
    struct tenancy_world tenancy;
    size_t made;
    tenancy_begin(&tenancy, world);
    CHECK(seed_demo(&world->work, people, 12, &made) && made == 12);
    CHECK(seed_demo(&world->work, people, 15, &made) && made == 3);
    CHECK(world_number(world, "SELECT count(*) FROM tenants") == 15);
    CHECK(world_number(world, "SELECT count(*) FROM users") >= 15);
    CHECK(world_number(world,
                       "SELECT count(*) FROM tenants t WHERE t.max_users <= (SELECT count(*) FROM users u "
                       "WHERE u.tenant_id = t.id)")
          == 0); /* one seat is left for the administrator */
    tenancy_end(&tenancy);
}

/* ---- The doctor ---- */

static size_t orphans(struct world *world, struct buffer *findings)
{
    *findings = (struct buffer){ .arena = world->work.arena };
    struct examination examination = { .work = &world->work, .findings = findings };
    CHECK(look_at_places(&examination) && look_at_keys(&examination));
    return examination.count;
}

TEST_IN_WORLD(the_doctor_finds_orphans_both_ways_and_passwords_that_no_key_opens)
{
    struct tenancy_world tenancy;
    struct buffer findings;
    struct tenant tenant = {};
    tenancy_begin(&tenancy, world);
    tenancy_create(world, "acme", &tenant);
    CHECK(tenancy_run_jobs(&tenancy) == 1);
    CHECK(orphans(world, &findings) == 0);

    struct tenant_place place = { .name = TEXT("tenant_0123456789ab"),
                                  .password = TEXT("x"),
                                  .connections_max = 1 };
    struct hosting_call call = hosting_call_of(&world->work);
    CHECK(hosting_make_role(&call, &place) && hosting_make_database(&call, &place));
    CHECK(orphans(world, &findings) >= 1);
    CHECK(text_contains(findings.text, TEXT("no tenant owns the database tenant_0123456789ab")));
    CHECK(hosting_drop(&call, &place));

    place.name = tenant.db_name.text;
    CHECK(hosting_drop(&call, &place));
    CHECK(orphans(world, &findings) == 1);
    CHECK(text_contains(findings.text, TEXT("tenant acme has no database")));
    scratch_script(&world->scratch, "UPDATE tenants SET db_password_encrypted = 'v1.k1.AAAA'");
    CHECK(orphans(world, &findings) == 2 && text_contains(findings.text, TEXT("no key opens")));
    tenancy_end(&tenancy);
}
