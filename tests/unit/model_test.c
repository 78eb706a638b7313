/* The model keeps its own rules: what a compiler cannot see in the lists of tables. */
#include "model/formats.h"
#include "model/model.h"
#include "record/ddl.h"
#include "record/visibility.h"
#include "test.h"

enum { POSTGRES_NAME_MAX = 63 };

/* As in SCHEMA-SEED: the tables that were asked for, by name. */
static const char *const seed[] = {
    "tenants",       "tenant_domains",     "users",           "user_sessions",     "plans",
    "subscriptions", "invoices",           "payment_methods", "support_tickets",   "ticket_messages",
    "gdpr_requests", "tenant_usage_daily", "audit_logs",      "webhook_endpoints", "system_settings"
};

TEST(every_table_that_was_asked_for_is_there_and_has_an_api)
{
    for (size_t i = 0; i < sizeof seed / sizeof *seed; i++) {
        test_note("%s", seed[i]);
        const struct table *table = table_named(text_from(seed[i]));
        CHECK(table && !(table->is & (INNER | SHAPE)) && table->may[READ]);
    }
}

TEST(every_table_says_whose_it_is)
{
    for (const struct table *const *at = all_tables; *at; at++) {
        test_note("%s", (*at)->name);
        CHECK(((*at)->is & SHARED) ? (*at)->tenant == 0 : (*at)->tenant != 0);
        if (column_named(*at, TEXT("tenant_id")) && !((*at)->is & SHAPE))
            CHECK((*at)->tenant);
    }
}

TEST(shapes_and_inner_tables_are_nobodys_to_call)
{
    for (const struct table *const *at = all_tables; *at; at++)
        if ((*at)->is & (INNER | SHAPE))
            for (int action = READ; action < ACTION_COUNT; action++) {
                test_note("%s", (*at)->name);
                CHECK((*at)->may[action] == 0);
            }
}

TEST(what_the_api_shows_has_an_id_a_revision_and_a_time)
{
    for (const struct table *const *at = all_tables; *at; at++) {
        if ((*at)->is & (INNER | SHAPE))
            continue;
        test_note("%s", (*at)->name);
        CHECK((*at)->columns[0].is & KEY);
        CHECK(text_is(text_from((*at)->columns[0].name), "id"));
        CHECK(column_named(*at, TEXT("revision")) && column_named(*at, TEXT("created_at")));
        CHECK(((*at)->may[CREATE] | (*at)->may[UPDATE]) == 0 || column_named(*at, TEXT("updated_at")));
    }
}

/* Else it would be forgotten when the key changes. */
TEST(every_secret_text_is_sealed_under_the_ring_or_known_not_to_be)
{
    static const char *const others[] = { "password_hash", "password_key_id", "successor_sealed",
                                          "credential_id", "public_key" };
    for (const struct table *const *at = all_tables; *at; at++)
        for (size_t i = 0; i < (*at)->width; i++) {
            const struct column *column = &(*at)->columns[i];
            bool known = column->seal_place || column->type != TYPE_text
                      || (column->is & (SECRET | WRITE_ONLY)) != SECRET;
            for (size_t k = 0; k < sizeof others / sizeof *others; k++)
                known |= text_is(text_from(column->name), others[k]);
            test_note("%s.%s", (*at)->name, column->name);
            CHECK(known && (!column->seal_place || column->is & SECRET));
        }
}

static void check_column(const struct table *table, const struct column *column)
{
    test_note("%s.%s", table->name, column->name);
    CHECK((column->type == TYPE_choice) == (column->choices != NULL));
    CHECK((column->type == TYPE_rows) == (column->shape != NULL));
    CHECK((column->type == TYPE_reference) == (column->references != NULL));
    CHECK(!column->shape || (column->shape->is & SHAPE));
    CHECK(!column->references || !(column->references->is & SHAPE));
    CHECK(column_min(column) <= column_max(column));
    CHECK(!(column->is & SEARCHED) || types[column->type].kind == VALUE_TEXT);
    CHECK(!(column->is & SEARCHED) || (table->columns[0].type == TYPE_uuid && !(table->is & APPENDED)));
    /* Whoever searches a table would learn by guessing what is in a column that he does not see. */
    CHECK(!(column->is & SEARCHED) || !(column->hidden_from & table->may[READ]));
    CHECK(!(column->is & COUNTED) || (column->is & COMPUTED));
    CHECK(!(column->is & COMPUTED) || column->set_by == 0);
    /* What nobody may give on CREATE comes from the server, or has a default. */
    CHECK(column->set_by == 0 || !(column->is & REQUIRED) || column->initially
          || (table->may[CREATE] & ~column->set_by) == 0);
}

TEST(every_column_is_whole)
{
    for (const struct table *const *at = all_tables; *at; at++) {
        CHECK((*at)->width <= COLUMNS_MAX);
        for (size_t i = 0; i < (*at)->width; i++)
            check_column(*at, &(*at)->columns[i]);
    }
}

TEST(secrets_and_members_that_are_only_written_are_seen_by_nobody)
{
    for (const struct table *const *at = all_tables; *at; at++)
        for (size_t i = 0; i < (*at)->width; i++)
            for (int role = SUPER_ADMIN; role <= NOBODY; role <<= 1)
                if ((*at)->columns[i].is & (SECRET | WRITE_ONLY)) {
                    test_note("%s.%s", (*at)->name, (*at)->columns[i].name);
                    CHECK(!column_visible(&(*at)->columns[i], (enum role)role));
                }
}

TEST(personal_data_has_a_subject)
{
    for (const struct table *const *at = all_tables; *at; at++)
        for (size_t i = 0; i < (*at)->width; i++)
            if ((*at)->columns[i].is & PERSONAL) {
                test_note("%s.%s", (*at)->name, (*at)->columns[i].name);
                CHECK((*at)->subject);
            }
}

TEST(a_column_is_set_by_those_and_then_whom_the_model_names)
{
    const struct column *slug = column_named(&tenants_table, TEXT("slug"));
    const struct column *limit = column_named(&tenants_table, TEXT("max_users"));
    const struct column *price = column_named(&plans_table, TEXT("stripe_price_id_monthly"));
    const struct column *password = column_named(&users_table, TEXT("password"));
    const struct column *host = column_named(&tenants_table, TEXT("db_host"));
    CHECK(column_settable(&tenants_table, slug, CREATE, SUPER_ADMIN));
    CHECK(!column_settable(&tenants_table, slug, UPDATE, SUPER_ADMIN));
    CHECK(column_settable(&tenants_table, limit, UPDATE, SUPER_ADMIN));
    CHECK(!column_settable(&tenants_table, limit, UPDATE, TENANT_ADMIN));
    CHECK(column_settable(&plans_table, price, UPDATE, BILLING_ADMIN));
    CHECK(!column_settable(&plans_table, price, UPDATE, TENANT_ADMIN)); /* from whom it is hidden */
    CHECK(column_settable(&users_table, password, CREATE, SUPER_ADMIN));
    CHECK(!column_settable(&users_table, password, CREATE, TENANT_ADMIN));
    CHECK(!column_settable(&users_table, password, UPDATE, SUPER_ADMIN));
    CHECK(column_visible(host, SUPER_ADMIN) && !column_visible(host, SUPPORT));
    CHECK(!column_visible(host, MACHINE) && !column_visible(host, VISITOR));
}

TEST(every_object_has_a_name_of_its_own_that_both_engines_take)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    for (int engine = 0; engine < ENGINE_COUNT; engine++) {
        struct objects objects = ddl_objects(arena, (enum engine)engine, all_tables);
        CHECK(objects.count > 200);
        for (size_t i = 0; i < objects.count; i++) {
            test_note("%.*s", TEXT_ARG(objects.list[i].name));
            /* Room for "_new", which migrate builds an index as. */
            CHECK(objects.list[i].kind == OBJECT_COLUMN
                  || objects.list[i].name.length + 4 <= POSTGRES_NAME_MAX);
            for (size_t j = 0; j < i; j++)
                CHECK(!text_equal(objects.list[i].name, objects.list[j].name));
        }
    }
}

struct sample {
    bool (*accepts)(struct text text);
    const char *good[8], *bad[12];
};

static const struct sample samples[] = {
    { format_is_slug,
      { "acme", "a-1", "a1b-c2" },
      { "", "ab", "-abc", "abc-", "a--b", "Acme", "a_b", "a.b", "ñandu" } },
    { format_is_email,
      { "a@b.co", "first.last+tag@mail.example.com", "o'brien@example.com" },
      { "", "a", "@b.co", "a@", "a@b", "a..b@c.co", ".a@b.co", "a.@b.co", "a b@c.co", "a@b@c.co", "a@b.co.",
        "a@b.1" } },
    { format_is_url,
      { "https://example.com", "http://localhost:8080/x?y=1#z", "https://10.0.0.1/",
        "https://[2001:db8::1]:443/" },
      { "", "ftp://a.co", "https://", "https://a b.co", "https://user:pw@a.co", "https://a.co:0",
        "https://a.co:70000", "javascript:alert(1)", "https://a.co/\n", "https://[10.0.0.1]", "HTTPS://a.co",
        "https://a.co:" } },
    { format_is_domain,
      { "example.com", "a.b-c.example", "xn--fsq.example" },
      { "", "localhost", ".a.co", "a..co", "a.co.", "-a.co", "a-.co", "a_b.co", "10.0.0.1", "a b.co" } },
    { format_is_address,
      { "127.0.0.1", "::1", "2001:db8::ff" },
      { "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "a.co", "127.0.0.1 " } },
    { format_is_date,
      { "2026-01-31", "2024-02-29" },
      { "", "2026-02-29", "2026-13-01", "2026-1-1", "31-01-2026", "2026-01-31T00:00:00Z" } },
    { format_is_currency, { "COP", "USD" }, { "", "cop", "US", "USDT", "U1D" } },
    { format_is_country, { "CO", "ES", "AD", "ZW" }, { "", "co", "XX", "C", "COL", "D ", " A" } },
    { format_is_zone,
      { "America/Bogota", "UTC", "Europe/Madrid" },
      { "", "America/Nowhere", "../etc/passwd", "/etc/localtime", "+05:00", "america/bogota", "Bogota" } },
    { format_is_language, { "es", "en" }, { "", "fr", "ES", "es-CO" } },
};

TEST(formats_accept_what_is_well_formed_and_nothing_else)
{
    for (const struct sample *sample = samples; sample < samples + sizeof samples / sizeof *samples;
         sample++) {
        for (const char *const *good = sample->good; *good; good++) {
            test_note("\"%s\"", *good);
            CHECK(sample->accepts(text_from(*good)));
        }
        for (size_t i = 0; i < sizeof sample->bad / sizeof *sample->bad && sample->bad[i]; i++) {
            test_note("\"%s\"", sample->bad[i]);
            CHECK(!sample->accepts(text_from(sample->bad[i])));
        }
    }
}
