#include "tenancy/seed.h"
#include "crypto/hash.h"
#include "model/model.h"
#include "record/site.h"
#include "record/store.h"
#include "settings/options.h"

enum { PASSWORD_BYTES = 18 };

struct seed {
    const struct service *users;
    struct user admin;
    struct text password;
    bool was_given;
};

/* Prices in cents of a dollar; storage in thousandths of a GB. */
static const struct plan_words {
    const char *name, *display_name, *description;
    int64_t monthly, yearly, users, storage, emails, whatsapp, calls, connections, timeout_s;
    const char *features, *modules;
} plans[] = {
    { "free", "Free", "To begin with.", 0, 0, 2, 1'000, 500, 0, 5'000, 5, 30, "[\"crm\"]", "[\"crm\"]" },
    { "basic", "Basic", "For a small team that sells.", 2'999, 29'999, 5, 5'000, 5'000, 500, 50'000, 10, 60,
      "[\"crm\",\"orders\",\"email\"]", "[\"crm\",\"orders\"]" },
    { "professional", "Professional", "For a company with several teams.", 7'999, 79'999, 15, 20'000, 25'000,
      5'000, 250'000, 20, 120, "[\"crm\",\"orders\",\"email\",\"whatsapp\",\"reports\"]",
      "[\"crm\",\"orders\",\"tasks\",\"reports\"]" },
    { "enterprise", "Enterprise", "For those who need all of it.", 19'999, 199'999, 50, 100'000, 100'000,
      25'000, 2'000'000, 50, 300,
      "[\"crm\",\"orders\",\"email\",\"whatsapp\",\"reports\",\"api\",\"single_sign_on\",\"priority_"
      "support\"]",
      "[\"crm\",\"orders\",\"tasks\",\"reports\",\"inventory\",\"automation\"]" },
};
enum { PLAN_COUNT = sizeof plans / sizeof *plans };

const struct service *service_of(const struct service *services, const struct table *table)
{
    while (services->table && services->table != table)
        services++;
    return services->table ? services : NULL;
}

static bool has_rows(struct work *work, const char *sql, bool *has)
{
    struct result result;
    if (!db_run(work->db, work->arena, &result, &work->error, sql, NO_PARAMETERS))
        return false;
    *has = result.row_count > 0;
    return true;
}

static bool has_admin(struct work *work, bool *has)
{
    return has_rows(work, "SELECT 1 FROM users WHERE system_role = 'super_admin' LIMIT 1", has);
}

bool seed_prepare(struct work *work, const struct service *people, struct seed **out)
{
    bool has;
    *out = NULL;
    if (!has_admin(work, &has))
        return false;
    if (has)
        return true;
    struct seed *seed = *out = arena_new(work->arena, struct seed);
    const char *email = option_string(work->site->options, OPTION_admin_email);
    const char *password = option_string(work->site->options, OPTION_admin_password);
    seed->users = service_of(people, &users_table);
    seed->was_given = *password;
    seed->password = *password ? text_from(password) : random_token(work->arena, PASSWORD_BYTES);
    seed->admin = (struct user){
        .email = value_string(*email ? email : "admin@nidia.test"),
        .password = value_text(seed->password),
        .first_name = value_string("Super"),
        .last_name = value_string("Admin"),
        .system_role = choice_value(system_role, super_admin),
        .is_break_glass = value_boolean(true),
        .must_change_password = value_boolean(false), /* chosen by the operator, or random */
    };
    return seed->users->prepare(work, seed->admin.cells);
}

static bool make_plan(struct work *work, const struct plan_words *words, int64_t sort_order)
{
    struct plan plan = {
        .name = value_string(words->name),
        .display_name = value_string(words->display_name),
        .description = value_string(words->description),
        .price_monthly = value_integer(words->monthly),
        .price_yearly = value_integer(words->yearly),
        .max_users = value_integer(words->users),
        .max_storage_gb = value_integer(words->storage),
        .max_monthly_emails = value_integer(words->emails),
        .max_monthly_whatsapp = value_integer(words->whatsapp),
        .max_monthly_api_calls = value_integer(words->calls),
        .db_connection_pool_size = value_integer(words->connections),
        .db_statement_timeout_s = value_integer(words->timeout_s),
        .features = value_string(words->features),
        .enabled_modules = value_string(words->modules),
        .sort_order = value_integer(sort_order),
    };
    return store_create(work, &plans_table, plan.cells);
}

static bool make_plans(struct work *work)
{
    bool has;
    if (!has_rows(work, "SELECT 1 FROM plans LIMIT 1", &has))
        return false;
    for (int i = 0; !has && i < PLAN_COUNT; i++)
        if (!make_plan(work, &plans[i], i))
            return false;
    return true;
}

/* Another node may have made one since it was prepared. */
static bool make_admin(struct work *work, struct seed *seed, struct buffer *announced)
{
    bool has;
    if (!has_admin(work, &has))
        return false;
    if (has)
        return true;
    struct user user = seed->admin; /* the transaction may run again */
    if (!seed->users->create(work, user.cells))
        return false;
    announced->length = 0;
    buffer_print(announced, "The super admin is %.*s", TEXT_ARG(user.email.text));
    if (seed->was_given)
        buffer_print(announced, ", with the password that was given.\n");
    else
        buffer_print(announced, ". The password, shown this once: %.*s\n", TEXT_ARG(seed->password));
    return true;
}

bool seed_defaults(struct work *work, struct seed *seed, struct buffer *announced)
{
    return db_lock(work->db, work->arena, &work->error, TEXT("seed")) && make_plans(work)
        && (!seed || make_admin(work, seed, announced));
}
