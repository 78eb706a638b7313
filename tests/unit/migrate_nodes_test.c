/* Migration by several nodes, killed or failing midway, older and newer. */
#include "record/grant.h"
#include "small_model.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>

/* All that a filled table of PostgreSQL is changed by in more than one step. */
static void change_much(struct small *small)
{
    small->things_columns[THING_COLOUR].choices = &three_colours;
    small->things_columns[THING_NAME].is = UNIQUE | REQUIRED;
    small->things_constraints[0].sql = "weight > 2";
    small_add_column(
        small, (struct column){ .name = "other_id", .type = TYPE_reference, .references = &small->boxes });
}

/* Takes the first steps of the plan alone; false where it has no more than these. */
static bool migrate_in_part(struct scratch *scratch, const struct small *small, size_t steps)
{
    struct migration plan;
    struct error error = {};
    if (!migrate_plan_for(scratch->db, scratch->arena, small->tables, &plan, &error) || plan.count <= steps)
        return false;
    for (size_t i = 0; i < steps; i++) {
        scratch_script(scratch, plan.steps[i].sql.data);
        scratch_script(scratch, plan.steps[i].ledger.length > 0 ? plan.steps[i].ledger.data : "");
    }
    return true;
}

TEST_ON_POSTGRES(a_migration_that_was_killed_behind_any_step_is_resumed)
{
    bool parted = true;
    for (size_t steps = 0; parted; steps++) {
        struct small small, changed;
        scratch_script(scratch, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        small_begin_filled(scratch, &small);
        scratch_script(scratch, "UPDATE things SET name = id::text, weight = 3");
        small_copy(&changed, &small);
        change_much(&changed);
        parted = migrate_in_part(scratch, &changed, steps);
        CHECK(parted || steps > 10);
        CHECK(small_migrates(scratch, &changed));
        CHECK(!small_accepts(scratch, "UPDATE things SET name = NULL"));
        CHECK(!small_accepts(scratch, "UPDATE things SET weight = 2"));
        CHECK(!small_accepts(scratch, "UPDATE things SET name = 'a'"));
        CHECK(scratch_number(scratch, "SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_new'") == 0);
        CHECK(scratch_number(scratch, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == 0);
    }
}

TEST_ON_SQLITE(a_migration_that_fails_at_its_end_leaves_nothing_behind)
{
    struct small small;
    small_begin_filled(scratch, &small);
    scratch_script(scratch, "PRAGMA foreign_keys = OFF; UPDATE things SET box_id = " SECOND_ID
                            "; PRAGMA foreign_keys = ON");
    small.things_columns[THING_COLOUR].choices = &three_colours;
    CHECK(small_is_refused(scratch, &small, "rows of things point at boxes"));
    CHECK(!small_accepts(scratch, "UPDATE things SET colour = 'blue'"));
    CHECK(
        !small_accepts(scratch, "UPDATE things SET box_id = " FIRST_ID)); /* references are enforced again */
}

struct node {
    pthread_t thread;
    struct db *db;
    struct arena *arena;
    const struct small *small;
    size_t steps;
    bool good;
};

static void *run_node(void *data)
{
    struct node *node = data;
    struct error error = {};
    node->good = migrate_run_for(node->db, node->arena, node->small->tables, &node->steps, &error);
    return NULL;
}

static void node_begin(struct node *node, struct scratch *scratch, const struct small *small)
{
    struct error error = {};
    *node = (struct node){ .db = scratch_connect(scratch), .arena = arena_create(), .small = small };
    if (scratch->engine == ENGINE_SQLITE) /* the other may take its time */
        CHECK(db_run_script(node->db, &error, "PRAGMA busy_timeout = 60000"));
    CHECK(pthread_create(&node->thread, NULL, run_node, node) == 0);
}

static void node_end(struct node *node)
{
    pthread_join(node->thread, NULL);
    CHECK(node->good);
    db_close(node->db);
    arena_destroy(node->arena);
}

TEST_ON_BOTH(of_two_nodes_at_once_one_migrates_and_the_other_waits)
{
    struct small small;
    struct node nodes[2];
    small_begin_filled(scratch, &small);
    small_add_column(&small, (struct column){ .name = "size", .type = TYPE_integer, .is = INDEXED });
    for (int i = 0; i < 2; i++)
        node_begin(&nodes[i], scratch, &small);
    for (int i = 0; i < 2; i++)
        node_end(&nodes[i]);
    CHECK((nodes[0].steps == 0) != (nodes[1].steps == 0));
}

TEST_ON_POSTGRES(a_node_does_nothing_while_another_holds_the_lock)
{
    static const char lock[] = "SELECT pg_advisory_lock(hashtextextended('schema_objects', 0))";
    static const char unlock[] = "SELECT pg_advisory_unlock(hashtextextended('schema_objects', 0))";
    static const char asks[] =
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND datname = current_database() AND query LIKE 'SELECT pg_try_advisory_lock%'";
    struct small small;
    struct node node;
    struct error error;
    small_begin_filled(scratch, &small);
    small_add_column(&small, (struct column){ .name = "size", .type = TYPE_integer, .is = INDEXED });
    scratch_script(scratch, lock);
    node_begin(&node, scratch, &small);
    while (scratch_number(scratch, asks) == 0)
        sched_yield();
    CHECK(small_migrate(scratch, &small, &error) > 0); /* the session's own lock is not in its way */
    scratch_script(scratch, unlock);
    node_end(&node);
    CHECK(node.steps == 0);
}

TEST_ON_BOTH(a_table_of_appended_rows_refuses_any_change)
{
    struct small small;
    small_begin(&small);
    small.boxes.is = APPENDED;
    CHECK(small_migrates(scratch, &small));
    scratch_script(scratch, "INSERT INTO boxes (id, label) VALUES (" BOX_ID ", 'first')");
    CHECK(!small_accepts(scratch, "UPDATE boxes SET label = 'second'"));
    CHECK(!small_accepts(scratch, "DELETE FROM boxes"));
    CHECK(!small_accepts(scratch, scratch->engine == ENGINE_SQLITE ? "REPLACE INTO boxes (id) VALUES (" BOX_ID
                                                                     ")"
                                                                   : "TRUNCATE boxes CASCADE"));
    small.boxes_columns[1].is = REQUIRED;
    CHECK(small_migrates(scratch, &small));
    CHECK(!small_accepts(scratch, "DELETE FROM boxes"));
    small.boxes.is = 0;
    CHECK(small_migrates(scratch, &small));
    CHECK(small_accepts(scratch, "DELETE FROM boxes"));
}

/* As while nodes are replaced one by one: an old one that
 * starts again must not drop what it does not know. */
TEST_ON_BOTH(an_older_program_leaves_a_newer_database_alone)
{
    struct small older, newer;
    struct error error;
    small_begin_filled(scratch, &older);
    small_copy(&newer, &older);
    small_add_column(&newer, (struct column){ .name = "size", .type = TYPE_integer });
    CHECK(small_migrates(scratch, &newer));
    CHECK(small_migrate(scratch, &older, &error) == 0);
    CHECK(small_accepts(scratch, "UPDATE things SET size = 1"));
    CHECK(small_migrate(scratch, &newer, &error) == 0);
}

TEST_ON_POSTGRES(the_serving_role_reads_and_writes_and_changes_no_audit_record)
{
    struct error error = {};
    size_t steps;
    CHECK(migrate_run(scratch->db, scratch->arena, &steps, &error));
    struct text role = arena_format(scratch->arena, "serves %s", scratch->name);
    scratch_script(scratch, arena_format(scratch->arena, "CREATE ROLE \"%.*s\"", TEXT_ARG(role)).data);
    CHECK(schema_grant(scratch->db, scratch->arena, role, &error));
    CHECK(schema_grant(scratch->db, scratch->arena, role, &error));
    CHECK(schema_grant(scratch->db, scratch->arena, TEXT("postgres"), &error));

    scratch_script(scratch, arena_format(scratch->arena, "SET ROLE \"%.*s\"", TEXT_ARG(role)).data);
    CHECK(small_accepts(scratch, "UPDATE tenants SET name = 'x'; DELETE FROM throttles"));
    CHECK(small_accepts(scratch, "INSERT INTO audit_logs (id, actor_role, action, entity_type, created_at) "
                                 "VALUES (" FIRST_ID ", 'system', 'a', 'plans', now())"));
    CHECK(!small_accepts(scratch, "DELETE FROM audit_logs WHERE FALSE"));
    CHECK(!small_accepts(scratch, "UPDATE audit_logs SET action = 'b' WHERE FALSE"));
    CHECK(!small_accepts(scratch, "DELETE FROM schema_objects"));
    CHECK(!small_accepts(scratch, "ALTER TABLE audit_logs DISABLE TRIGGER ALL"));
    CHECK(migrate_run(scratch->db, scratch->arena, &steps, &error) && steps == 0);
    scratch_script(scratch, "RESET ROLE");
    scratch_script(scratch, arena_format(scratch->arena, "DROP OWNED BY \"%.*s\"; DROP ROLE \"%.*s\"",
                                         TEXT_ARG(role), TEXT_ARG(role))
                                .data);
}
