/* The directory: found by every key, replaced, removed, and read by many threads while it is written. */
#include "directory/directory.h"
#include "test.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { TENANTS = 200, READER_THREADS = 4, CHANGES = 20'000 };

struct names {
    char id[40], slug[40], resolved[64];
};

/* The facts of tenant number i at a revision; the texts lie in `names`. */
static struct tenant_facts facts_of(int i, int64_t revision, struct names *names)
{
    snprintf(names->id, sizeof names->id, "01900000-0000-7000-8000-%012d", i);
    snprintf(names->slug, sizeof names->slug, "empresa-%d", i);
    snprintf(names->resolved, sizeof names->resolved, "%s@%lld", names->slug, (long long)revision);
    return (struct tenant_facts){
        .parts = { [ENTRY_id] = text_from(names->id),
                   [ENTRY_slug] = text_from(names->slug),
                   [ENTRY_resolved] = text_from(names->resolved) },
        .terms = { .limits = { [LIMIT_users] = revision },
                   .is_active = true,
                   .parts = { [TERMS_plan_type] = TEXT("basic"), [TERMS_plan_id] = TEXT("plan") } },
        .revision = revision,
        .used = { [LIMIT_users] = 1 },
    };
}

static int64_t users_of(const struct directory_entry *entry)
{
    int64_t used[LIMIT_COUNT];
    const struct use_moment moment = directory_entry_moment(entry, 0);
    tenant_use_read(entry->use, &moment, used);
    return used[LIMIT_users];
}

static void put(struct directory *directory, int i, int64_t revision)
{
    struct names names;
    struct tenant_facts facts = facts_of(i, revision, &names);
    directory_put(directory, &facts);
}

static void removed(struct directory *directory, int i, int64_t revision)
{
    struct names names;
    facts_of(i, revision, &names);
    directory_remove(directory, text_from(names.id), revision);
}

/* The revision that readers see; 0: not there. */
static int64_t seen(struct directory *directory, enum entry_part key, int i)
{
    struct names names;
    facts_of(i, 0, &names);
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    const struct directory_entry *entry =
        directory_find(directory, key, text_from(key == ENTRY_id ? names.id : names.slug));
    return entry ? entry->revision : 0;
}

static void destroy(struct directory **directory)
{
    directory_destroy(*directory);
}

TEST(a_tenant_is_found_by_its_id_and_its_slug)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 1);
    put(directory, 2, 1);
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    const struct directory_entry *entry = directory_find(directory, ENTRY_slug, TEXT("empresa-2"));
    CHECK(entry && text_is(terms_part(entry->terms, TERMS_plan_type), "basic"));
    CHECK(entry && text_is(directory_entry_part(entry, ENTRY_resolved), "empresa-2@1"));
    CHECK(entry
          && entry == directory_find(directory, ENTRY_id, TEXT("01900000-0000-7000-8000-000000000002")));
    CHECK(!directory_find(directory, ENTRY_id, TEXT("empresa-2")));
    CHECK(!directory_find(directory, ENTRY_slug, TEXT("empresa-3")));
}

TEST(older_news_does_not_replace_newer)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 5);
    put(directory, 1, 4);
    CHECK(seen(directory, ENTRY_slug, 1) == 5);
    put(directory, 1, 6);
    CHECK(seen(directory, ENTRY_slug, 1) == 6 && seen(directory, ENTRY_id, 1) == 6);
    CHECK(directory_figures(directory).tenants == 1);
}

/* Of one plan, with this module; as the `ticket`th reading. */
static void set_catalog(struct directory *directory, const char *module, uint64_t ticket)
{
    struct arena *arena = arena_create();
    struct plan_offer *plan = arena_new(arena, struct plan_offer);
    *plan = (struct plan_offer){ .id = TEXT("plan"),
                                 .modules = arena_format(arena, "[\"%s\"]", module),
                                 .features = TEXT("[]") };
    directory_set_catalog(directory, arena, &(struct catalog){ .plans = plan, .plan_count = 1 }, ticket);
}

static bool is_offered(const struct directory_entry *entry, const char *modules)
{
    return entry && text_is(offer_part(entry->offer, OFFER_modules), modules);
}

TEST(an_offer_follows_the_catalog_and_is_found_when_it_is_asked_for)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    for (int i = 1; i <= 3; i++)
        put(directory, i, 1);
    set_catalog(directory, "sales", 5);
    CHECK(directory_figures(directory).offers == 0);
    for (int i = 1; i <= 3; i++)
        CHECK(seen(directory, ENTRY_id, i) == 1);
    CHECK(directory_figures(directory).offers == 1);

    struct reader *reader = directory_enter(directory);
    const struct directory_entry *entry = directory_find(directory, ENTRY_slug, TEXT("empresa-1"));
    CHECK(is_offered(entry, "[\"sales\"]"));
    set_catalog(directory, "stock", 6);
    set_catalog(directory, "older", 4); /* was read before, and comes too late */
    CHECK(is_offered(entry, "[\"sales\"]"));
    CHECK(is_offered(directory_find(directory, ENTRY_slug, TEXT("empresa-1")), "[\"stock\"]"));
    reclaimer_leave(&reader);
    CHECK(directory_figures(directory).offers == 2); /* the other two were not asked for since */
    for (int i = 1; i <= 3; i++)
        removed(directory, i, 2);
    CHECK(directory_figures(directory).offers == 0 && directory_figures(directory).waiting == 0);
}

TEST(terms_that_agree_are_kept_once_and_go_with_the_last_who_has_them)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    for (int i = 0; i < 10; i++)
        put(directory, i, 1);
    CHECK(directory_figures(directory).terms == 1);
    put(directory, 3, 2); /* other limits */
    struct names names;
    struct tenant_facts facts = facts_of(4, 2, &names);
    facts.terms.parts[TERMS_plan_type] = TEXT("bas");
    facts.terms.parts[TERMS_plan_status] = TEXT("ic"); /* the same bytes, cut elsewhere */
    directory_put(directory, &facts);
    CHECK(directory_figures(directory).terms == 3);
    removed(directory, 3, 3);
    put(directory, 4, 3);
    CHECK(directory_figures(directory).terms == 2);
    for (int i = 0; i < 10; i++)
        removed(directory, i, 9);
    CHECK(directory_figures(directory).terms == 0 && directory_figures(directory).waiting == 0);
}

TEST(counters_move_in_place_under_a_reader)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 1);
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    const struct directory_entry *entry = directory_find(directory, ENTRY_slug, TEXT("empresa-1"));
    struct names names;
    struct tenant_facts facts = facts_of(1, 1, &names);
    facts.used[LIMIT_users] = 42;
    directory_put(directory, &facts);
    CHECK(entry && users_of(entry) == 42);
}

TEST(what_is_removed_is_gone_and_older_news_does_not_raise_it)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 3);
    removed(directory, 1, 4);
    CHECK(seen(directory, ENTRY_id, 1) == 0 && seen(directory, ENTRY_slug, 1) == 0);
    put(directory, 1, 3);
    CHECK(seen(directory, ENTRY_id, 1) == 0);
    put(directory, 1, 5); /* restored */
    CHECK(seen(directory, ENTRY_slug, 1) == 5);
    removed(directory, 1, 5);
    CHECK(seen(directory, ENTRY_slug, 1) == 5);
    removed(directory, 1, 8);
    put(directory, 1, 7);
    CHECK(seen(directory, ENTRY_slug, 1) == 0);
    CHECK(directory_figures(directory).tenants == 0 && directory_figures(directory).tombstones == 1);
}

TEST(a_later_removal_raises_the_tombstones_revision)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 1);
    removed(directory, 1, 2);
    removed(directory, 1, 6);
    put(directory, 1, 4);
    CHECK(seen(directory, ENTRY_id, 1) == 0);
}

TEST(tombstones_are_bounded)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    for (int i = 0; i < 3000; i++) {
        put(directory, i, 1);
        removed(directory, i, 2);
    }
    struct directory_figures figures = directory_figures(directory);
    CHECK(figures.tenants == 0 && figures.tombstones == 1024);
    CHECK(figures.waiting < 16);
}

TEST(what_a_reader_has_found_stays_until_it_leaves)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 1);
    struct reader *reader = directory_enter(directory);
    const struct directory_entry *entry = directory_find(directory, ENTRY_slug, TEXT("empresa-1"));
    for (int64_t revision = 2; revision < 50; revision++)
        put(directory, 1, revision);
    CHECK(text_is(directory_entry_part(entry, ENTRY_resolved), "empresa-1@1"));
    CHECK(directory_figures(directory).waiting > 48);
    struct reader *inner = directory_enter(directory);
    reclaimer_leave(&inner); /* nested: the outer bracket still holds */
    put(directory, 1, 50);
    CHECK(text_is(directory_entry_part(entry, ENTRY_resolved), "empresa-1@1"));
    reclaimer_leave(&reader);
    put(directory, 1, 51);
    CHECK(directory_figures(directory).waiting == 0);
}

static void put_host(struct directory *directory, int domain, int tenant, const char *name)
{
    struct names of_domain, of_tenant;
    facts_of(domain, 0, &of_domain);
    facts_of(tenant, 0, &of_tenant);
    directory_put_host(directory, text_from(of_domain.id), text_from(of_tenant.id), text_from(name));
}

static void remove_host(struct directory *directory, int domain)
{
    struct names names;
    facts_of(domain, 0, &names);
    directory_remove_host(directory, text_from(names.id));
}

/* The number of the tenant that a request's host leads to; 0: none. */
static int tenant_at(struct directory *directory, const char *host)
{
    char buffer[HOST_NAME_MAX_BYTES];
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    struct text name = directory_host_name(text_from(host), buffer);
    const struct directory_entry *entry = directory_find_host(directory, name);
    struct text id = entry ? directory_entry_part(entry, ENTRY_id) : TEXT("");
    int64_t number = 0;
    CHECK(!entry || text_to_integer(text_slice(id, id.length - 12, id.length), &number));
    return (int)number;
}

TEST(a_host_leads_to_its_tenant_however_it_is_written)
{
    static const char *const same[] = { "tienda.acme.co", "TIENDA.Acme.CO", "tienda.acme.co:8443",
                                        "tienda.acme.co.", "Tienda.acme.co.:443" };
    static const char *const others[] = { "",          ".",         "acme.co",          "tienda.acme.co..",
                                          "[::1]:443", "127.0.0.1", "x.tienda.acme.co", ":443" };
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 1);
    put_host(directory, 11, 1, "tienda.acme.co");
    put_host(directory, 12, 1, "www.acme.co");
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        CHECK(tenant_at(directory, same[i]) == 1);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(tenant_at(directory, others[i]) == 0);
    char long_host[400] = {};
    memset(long_host, 'a', sizeof long_host - 1);
    CHECK(tenant_at(directory, long_host) == 0);
    CHECK(tenant_at(directory, "www.acme.co") == 1);
    remove_host(directory, 11);
    CHECK(tenant_at(directory, "tienda.acme.co") == 0 && tenant_at(directory, "www.acme.co") == 1);
}

TEST(a_hosts_tenant_that_is_gone_takes_it_along_and_gives_it_back)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put_host(directory, 11, 1, "acme.co"); /* its tenant's news has not come yet */
    CHECK(tenant_at(directory, "acme.co") == 0);
    put(directory, 1, 1);
    CHECK(tenant_at(directory, "acme.co") == 1);
    removed(directory, 1, 2);
    CHECK(tenant_at(directory, "acme.co") == 0);
    put(directory, 1, 3);
    CHECK(tenant_at(directory, "acme.co") == 1);
}

TEST(a_host_that_changes_hands_is_the_last_one_s)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 1);
    put(directory, 2, 1);
    put_host(directory, 11, 1, "acme.co");
    put_host(directory, 12, 2, "acme.co"); /* before the news that the first one lost it */
    CHECK(tenant_at(directory, "acme.co") == 2 && directory_figures(directory).hosts == 1);
    remove_host(directory, 11);
    CHECK(tenant_at(directory, "acme.co") == 2);
}

TEST(reading_all_hosts_forgets_those_that_are_not_there)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    put(directory, 1, 1);
    for (int i = 0; i < 50; i++)
        put_host(directory, 100 + i, 1, i % 2 ? "odd.co" : "even.co");
    put_host(directory, 11, 1, "acme.co");
    directory_begin_all_hosts(directory);
    put_host(directory, 11, 1, "acme.co");
    put_host(directory, 12, 1, "new.co");
    directory_end_all_hosts(directory);
    CHECK(tenant_at(directory, "acme.co") == 1 && tenant_at(directory, "new.co") == 1);
    CHECK(tenant_at(directory, "odd.co") == 0 && tenant_at(directory, "even.co") == 0);
    CHECK(directory_figures(directory).hosts == 2);
}

struct many {
    struct directory *directory;
    _Atomic bool stop;
    _Atomic long wrong;
};

/* Every entry found must agree with itself; tenants with even numbers are never removed. */
static bool look(struct directory *directory, int i)
{
    struct names names;
    facts_of(i, 0, &names);
    [[maybe_unused, gnu::cleanup(reclaimer_leave)]] struct reader *reader = directory_enter(directory);
    const struct directory_entry *entry = directory_find(directory, ENTRY_slug, text_from(names.slug));
    if (!entry)
        return i % 2 == 1;
    facts_of(i, entry->revision, &names);
    return text_is(directory_entry_part(entry, ENTRY_resolved), names.resolved)
        && entry->terms->limits[LIMIT_users] == entry->revision && users_of(entry) == 1 && entry->offer;
}

static void *read_loop(void *argument)
{
    struct many *many = argument;
    for (int i = 0; !atomic_load(&many->stop); i = (i + 7) % TENANTS)
        if (!look(many->directory, i))
            atomic_fetch_add(&many->wrong, 1);
    return NULL;
}

static void *write_loop(void *argument)
{
    struct many *many = argument;
    for (int64_t i = 0; i < CHANGES; i++) {
        int tenant = (int)(i * 31 % TENANTS);
        if (i % 100 == 0)
            set_catalog(many->directory, i % 200 == 0 ? "sales" : "stock", (uint64_t)i + 1);
        if (tenant % 2 == 1 && i % 3 == 0)
            removed(many->directory, tenant, i + 2);
        else
            put(many->directory, tenant, i + 2);
    }
    return NULL;
}

TEST(many_read_while_two_write)
{
    struct many many = { .directory = directory_create() };
    for (int i = 0; i < TENANTS; i++)
        put(many.directory, i, 1);
    pthread_t readers[READER_THREADS], writers[2];
    for (int i = 0; i < READER_THREADS; i++)
        pthread_create(&readers[i], NULL, read_loop, &many);
    for (int i = 0; i < 2; i++)
        pthread_create(&writers[i], NULL, write_loop, &many);
    for (int i = 0; i < 2; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&many.stop, true);
    for (int i = 0; i < READER_THREADS; i++)
        pthread_join(readers[i], NULL);

    CHECK(atomic_load(&many.wrong) == 0);
    put(many.directory, 0, CHANGES * 2);
    CHECK(directory_figures(many.directory).waiting == 0);
    directory_destroy(many.directory);
}

static void *enter_once(void *argument)
{
    struct directory *directory = argument;
    struct reader *reader = directory_enter(directory);
    reclaimer_leave(&reader);
    return reader;
}

TEST(a_thread_that_ended_leaves_its_place_to_the_next)
{
    [[gnu::cleanup(destroy)]] struct directory *directory = directory_create();
    void *places[2];
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, enter_once, directory);
        pthread_join(thread, &places[i]);
    }
    CHECK(places[0] == places[1]);
}
