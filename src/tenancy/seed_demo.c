#include "model/model.h"
#include "record/store.h"
#include "record/transact.h"
#include "tenancy/demo.h"
#include "tenancy/tenancy.h"

struct demo_tenant {
    const struct service *users;
    struct demo_company company;
    int number;
    bool made;
};

static bool make_people(struct work *work, const struct demo_tenant *demo, struct text tenant_id)
{
    for (int i = 1; i <= demo->company.people; i++) {
        struct demo_person person = demo_person_at(work->arena, &demo->company, demo->number, i);
        struct user user = {
            .tenant_id = value_text(tenant_id),
            .email = value_text(person.email),
            .first_name = value_string(person.first_name),
            .last_name = value_string(person.last_name),
            .system_role = choice_value(system_role, tenant_admin),
        };
        if (!demo->users->create(work, user.cells))
            return false;
    }
    return true;
}

static struct tenant tenant_of(struct arena *arena, const struct demo_company *company)
{
    struct text contact =
        arena_format(arena, "%s %s", company->contact.first_name, company->contact.last_name);
    struct text billing = arena_format(arena, "facturacion@%.*s.example", TEXT_ARG(company->slug));
    return (struct tenant){
        .name = value_text(company->name),
        .slug = value_text(company->slug),
        .company_legal_name = value_text(company->legal_name),
        .tax_id = value_text(company->tax_id),
        .industry = value_string(company->industry),
        .company_size = value_string(company->size),
        .plan_type = value_string(company->plan),
        .billing_email = value_text(billing),
        .billing_contact_name = value_text(contact),
        .billing_address = value_text(company->address),
        .billing_city = value_string(company->city),
        .billing_state = value_string(company->department),
        .billing_country = value_string("CO"),
        .primary_contact_name = value_text(contact),
        .primary_contact_email = value_text(company->contact.email),
        .primary_contact_phone = value_text(company->phone),
    };
}

static bool make_tenant(struct work *work, void *data)
{
    struct demo_tenant *demo = data;
    struct tenant tenant;
    demo->made = false;
    if (store_find_by(work, &tenants_table, "slug", value_text(demo->company.slug), false, tenant.cells))
        return true;
    if (work->error.code != ERROR_not_found)
        return false;
    error_clear(&work->error);
    tenant = tenant_of(work->arena, &demo->company);
    demo->made = service_of(tenancy_services, &tenants_table)->create(work, tenant.cells)
              && make_people(work, demo, tenant.id.text);
    return demo->made;
}

/* Each in an arena of its own, so that ten thousand need no more memory than one. */
static bool make_number(struct work *work, const struct service *users, int number, bool *made)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct work own = *work;
    own.arena = arena;
    struct demo_tenant demo = { .users = users, .company = demo_company_at(arena, number), .number = number };
    bool done = db_transact(&own, make_tenant, &demo);
    work->error = own.error;
    *made = demo.made;
    return done;
}

bool seed_demo(struct work *work, const struct service *people, int count, size_t *made)
{
    const struct service *users = service_of(people, &users_table);
    *made = 0;
    for (int i = 0; i < count; i++) {
        bool is_new;
        if (!make_number(work, users, i, &is_new))
            return false;
        *made += is_new;
    }
    return true;
}
