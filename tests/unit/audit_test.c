/* What each write leaves behind: who, what, old and new values, sealed where they are personal; and its
 * event. */
#include "record/audit.h"
#include "record/subject.h"
#include "world.h"
#include "json/json.h"
#include <string.h>

/* The latest record of the action. */
static struct audit_log record_of(struct world *world, const char *action)
{
    struct audit_log record = {};
    struct query query = { .table = &audit_logs_table, .descending = true, .limit = 1, .filter_count = 1 };
    struct value wanted = value_string(action);
    query.filters[0] =
        (struct filter){ column_named(&audit_logs_table, TEXT("action")), COMPARISON_eq, &wanted, 1 };
    struct page page = {};
    CHECK(store_list(&world->work, &query, &page) && page.count == 1);
    if (page.count == 1)
        memcpy(record.cells, page.rows, sizeof record.cells);
    return record;
}

static struct json values_of(struct world *world, struct value cell)
{
    struct json json = {};
    struct error error = {};
    CHECK(cell.kind == VALUE_TEXT && json_read(cell.text, world->work.arena, &json, &error));
    return json;
}

static bool says(const struct json *object, const char *member, const char *text)
{
    const struct json *found = json_member(object, text_from(member));
    return found && found->kind == JSON_TEXT && text_is(found->text, text);
}

static bool contains(struct value cell, const char *part)
{
    return cell.kind == VALUE_TEXT && text_contains(cell.text, text_from(part));
}

TEST_IN_WORLD(a_change_is_recorded_with_its_old_and_new_values)
{
    struct tenant tenant;
    struct user ana;
    world_add_tenant(world, "acme", &tenant);
    world_add_user(world, "ana@nidia.test", SUPER_ADMIN, TEXT(""), &ana);
    world_act_as(world, SUPER_ADMIN, ana.id.text, TEXT(""));
    world->work.origin = (struct origin){ .request_id = TEXT("r-1"), .address = TEXT("192.0.2.7") };
    struct tenant changes = { .name = value_string("Acme S.A.S."), .industry = value_string("retail") };
    CHECK(world_try_update(&world->work, &tenants_table, tenant.cells, changes.cells, tenant.cells));

    struct audit_log record = record_of(world, "update");
    CHECK(value_equal(record.user_id, ana.id) && value_equal(record.tenant_id, tenant.id));
    CHECK(value_equal(record.entity_id, tenant.id) && text_is(record.entity_type.text, "tenants"));
    CHECK(text_is(record.actor_role.text, "super_admin") && text_is(record.request_id.text, "r-1"));
    CHECK(is_choice(record.outcome, audit_outcome, success) && record.created_at.integer == world->work.now);
    struct json old = values_of(world, record.old_values), new = values_of(world, record.new_values);
    CHECK(says(&old, "name", "acme") && says(&new, "name", "Acme S.A.S.")
          && says(&new, "industry", "retail"));
    CHECK(json_member(&old, TEXT("industry")) && json_member(&old, TEXT("industry"))->kind == JSON_NULL);
    CHECK(!json_member(&new, TEXT("slug"))); /* only what differs */
}

TEST_IN_WORLD(a_new_row_has_no_old_values_and_a_removed_one_no_new)
{
    struct plan plan;
    world_add_plan(world, "p", &plan);
    struct audit_log record = record_of(world, "create");
    CHECK(record.old_values.kind == VALUE_NULL && contains(record.new_values, "\"p\""));
    CHECK(record.tenant_id.kind == VALUE_NULL && record.user_id.kind == VALUE_NULL);
    CHECK(world_try_remove(&world->work, &plans_table, plan.cells));
    record = record_of(world, "delete");
    CHECK(record.new_values.kind == VALUE_NULL && contains(record.old_values, "\"p\""));
}

TEST_IN_WORLD(no_record_holds_a_secret_and_personal_values_are_sealed)
{
    struct user user = { .email = value_string("zoe@nidia.test"),
                         .first_name = value_string("Zenaida"),
                         .password_hash = value_string("$2b$12$secret"),
                         .password = value_string("correct horse"),
                         .system_role = choice_value(system_role, support) };
    world_create(world, &users_table, user.cells);
    struct user changes = { .first_name = value_string("Zoraida"),
                            .password_hash = value_string("$2b$12$other") };
    world->work.origin = (struct origin){ .address = TEXT("192.0.2.77"), .user_agent = TEXT("Mozilla/5.0") };
    world_act_as(world, SUPER_ADMIN, user.id.text, TEXT(""));
    CHECK(world_try_update(&world->work, &users_table, user.cells, changes.cells, user.cells));

    struct value all =
        world_ask(world, world->scratch.engine == ENGINE_SQLITE
                             ? "SELECT group_concat(coalesce(old_values, '') || coalesce(new_values, '') "
                               "|| coalesce(ip_address, '') || coalesce(user_agent, '')) FROM audit_logs"
                             : "SELECT string_agg(audit_logs::text, '') FROM audit_logs");
    /* None that what is sealed, in the letters of base64, could hold by chance. */
    static const char *const never[] = { "zoe@",          "Zenaida",       "Zoraida", "$2b$",
                                         "correct horse", "password_hash", "192.0.2", "Mozilla" };
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        test_note("'%s' is in no record", never[i]);
        CHECK(!contains(all, never[i]));
    }
    CHECK(contains(all, "sealed") && contains(all, "system_role"));
}

static bool destroy(struct work *work, void *subject_id)
{
    return subject_key_destroy(work, *(const struct text *)subject_id);
}

TEST_IN_WORLD(whoever_may_see_a_column_reads_it_in_the_record_until_its_subject_is_erased)
{
    struct user user;
    world->work.origin = (struct origin){ .address = TEXT("192.0.2.7"), .user_agent = TEXT("Mozilla/5.0") };
    world_add_user(world, "zoe@nidia.test", SUPPORT, TEXT(""), &user);
    world_act_as(world, SUPER_ADMIN, user.id.text, TEXT(""));
    struct user changes = { .first_name = value_string("Zoe") };
    CHECK(world_try_update(&world->work, &users_table, user.cells, changes.cells, user.cells));

    struct audit_log record = record_of(world, "update"), opened = record;
    audit_open_row(&world->work, opened.cells, SUPER_ADMIN);
    struct json old = values_of(world, opened.old_values), new = values_of(world, opened.new_values);
    CHECK(says(&old, "first_name", "Ana") && says(&new, "first_name", "Zoe"));
    CHECK(text_is(opened.ip_address.text, "192.0.2.7") && text_is(opened.user_agent.text, "Mozilla/5.0"));

    struct text erased = user.id.text;
    CHECK(db_transact(&world->work, destroy, &erased));
    opened = record;
    audit_open_row(&world->work, opened.cells, SUPER_ADMIN);
    new = values_of(world, opened.new_values);
    CHECK(json_member(&new, TEXT("first_name"))->kind == JSON_NULL);
    CHECK(json_member(&new, TEXT("revision"))->kind == JSON_NUMBER); /* what is not personal stays */
    CHECK(opened.ip_address.kind == VALUE_NULL && opened.user_agent.kind == VALUE_NULL);
}

TEST_IN_WORLD(a_destroyed_key_is_never_made_again)
{
    struct user user;
    world_add_user(world, "zoe@nidia.test", SUPPORT, TEXT(""), &user);
    struct text erased = user.id.text;
    CHECK(db_transact(&world->work, destroy, &erased));
    struct user changes = { .first_name = value_string("Zoe") };
    CHECK(world_try_update(&world->work, &users_table, user.cells, changes.cells, user.cells));
    struct json new = values_of(world, record_of(world, "update").new_values);
    CHECK(json_member(&new, TEXT("first_name"))->kind == JSON_NULL);
    struct key key;
    CHECK(!subject_key(&world->work, erased, &key) && world->work.error.code == ERROR_not_found);
    CHECK(world_number(world, "SELECT count(*) FROM subject_keys WHERE key_sealed IS NOT NULL") == 0);
}

TEST_IN_WORLD(a_key_lives_in_memory_and_outlives_it)
{
    struct user user;
    struct key first, again;
    world_add_user(world, "zoe@nidia.test", SUPPORT, TEXT(""), &user);
    CHECK(subject_key(&world->work, user.id.text, &first));
    subject_cache_forget(world->site.subjects, user.id.text);
    CHECK(subject_key(&world->work, user.id.text, &again));
    CHECK(memcmp(first.bytes, again.bytes, KEY_SIZE) == 0);
    CHECK(!subject_key(&world->work, TEXT("01890a5d-ac96-774b-bcce-b302099a8057"),
                       &again)); /* none is made by reading */
}

static bool add_user_and_fail(struct work *work, void *data)
{
    struct user *user = data;
    return store_create(work, &users_table, user->cells) && fail(&work->error, ERROR_conflict, "%s", "");
}

TEST_IN_WORLD(a_key_that_was_rolled_back_is_forgotten)
{
    struct user user = { .email = value_string("zoe@nidia.test"),
                         .system_role = choice_value(system_role, support) };
    CHECK(!db_transact(&world->work, add_user_and_fail, &user));
    struct key key;
    CHECK(!subject_key(&world->work, user.id.text, &key) && world->work.error.code == ERROR_not_found);
    error_clear(&world->work.error);
    CHECK(world_try_create(&world->work, &users_table, user.cells));
    CHECK(subject_key(&world->work, user.id.text, &key));
    struct audit_log record = record_of(world, "create");
    audit_open_row(&world->work, record.cells, SUPER_ADMIN);
    struct json new = values_of(world, record.new_values);
    CHECK(says(&new, "email", "zoe@nidia.test"));
}

TEST_IN_WORLD(a_record_tells_a_role_no_more_than_the_row_would)
{
    struct tenant tenant;
    world_add_tenant(world, "acme", &tenant);
    struct tenant changes = { .notes = value_string("difficult"), .industry = value_string("retail") };
    CHECK(world_try_update(&world->work, &tenants_table, tenant.cells, changes.cells, tenant.cells));
    struct audit_log record = record_of(world, "update");
    struct text told = audit_open(&world->work, record.new_values.text, TEXT("tenants"), TENANT_ADMIN);
    CHECK(text_contains(told, TEXT("retail")) && !text_contains(told, TEXT("notes")));
    told = audit_open(&world->work, record.new_values.text, TEXT("tenants"), SUPER_ADMIN);
    CHECK(text_contains(told, TEXT("difficult")));
    told = audit_open(&world->work, record.new_values.text, TEXT("no_such_table"), SUPER_ADMIN);
    CHECK(text_is(told, "{}"));
}

TEST_IN_WORLD(a_sealed_value_opens_only_as_what_it_was)
{
    struct user user;
    world_add_user(world, "zoe@nidia.test", SUPPORT, TEXT(""), &user);
    struct json new = values_of(world, record_of(world, "create").new_values);
    struct buffer moved = { .arena = world->work.arena };
    buffer_add(&moved, TEXT("{\"phone\":"));
    json_add(&moved, json_member(&new, TEXT("email")));
    buffer_add(&moved, TEXT("}"));
    struct text opened = audit_open(&world->work, moved.text, TEXT("users"), SUPER_ADMIN);
    CHECK(text_is(opened, "{\"phone\":null}"));
}

static bool sign_in_failed(struct work *work, void *data)
{
    struct audit_entry entry = { .action = "sign_in_failed",
                                 .entity_type = "users",
                                 .outcome = "denied",
                                 .metadata = TEXT("{\"reason\":\"unknown\"}") };
    (void)data;
    return audit_event(work, &entry);
}

TEST_IN_WORLD(what_is_no_change_is_recorded_too)
{
    world->work.origin.address = TEXT("192.0.2.7");
    world_act_as(world, VISITOR, TEXT(""), TEXT(""));
    CHECK(db_transact(&world->work, sign_in_failed, NULL));
    world_act_as_system(world);
    struct audit_log record = record_of(world, "sign_in_failed");
    CHECK(is_choice(record.outcome, audit_outcome, denied) && record.old_values.kind == VALUE_NULL);
    CHECK(text_is(record.ip_address.text, "192.0.2.7")); /* nobody's whom we know */
    CHECK(text_is(record.actor_role.text, "visitor") && record.entity_id.kind == VALUE_NULL);
    CHECK(contains(record.metadata, "unknown"));
}

TEST_IN_WORLD(every_change_has_its_event)
{
    struct tenant tenant;
    struct user staff;
    world_add_tenant(world, "acme", &tenant);
    struct tenant changes = { .name = value_string("Acme") };
    CHECK(world_try_update(&world->work, &tenants_table, tenant.cells, changes.cells, tenant.cells));
    world_add_user(world, "ana@nidia.test", SUPPORT, TEXT(""), &staff);
    CHECK(world_number(world, "SELECT count(*) FROM events WHERE type = 'plan.created'") == 1);
    CHECK(world_number(world, "SELECT entity_revision FROM events WHERE type = 'tenant.created'") == 1);
    CHECK(world_number(world, "SELECT entity_revision FROM events WHERE type = 'tenant.updated'") == 2);
    CHECK(value_equal(world_ask(world, "SELECT tenant_id FROM events WHERE type = 'tenant.updated'"),
                      tenant.id));
    CHECK(world_number(world, "SELECT audience FROM events WHERE type = 'tenant.updated'")
          == tenants_table.may[READ]);
    int64_t audience = world_number(world, "SELECT audience FROM events WHERE type = 'user.created'");
    CHECK(audience
          == (users_table.may[READ] & ~(unsigned)TENANT_ADMIN)); /* staff is no tenant's to hear of */
}
