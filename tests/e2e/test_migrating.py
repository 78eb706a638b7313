"""`nidia migrate`: what it would do is told; where it dies in the midst of a step and is run again, the schema is then what it is where nobody
died."""

import contextlib
import resource
import signal
import subprocess
import tempfile

import psycopg2

from harness import World, only_on
from server import PROGRAM, TOP, until
from test_commands import nidia
from test_doctor import by_hand
from test_walk import Storage

ROWS, WIDE = 4000, 400
# All that a schema is of, however it came to be (a column that was added later stands last), and what is searched.
SEARCHED = "SELECT id, search FROM users"
LEDGER = "SELECT name, kind, table_name, definition FROM schema_objects"
POSTGRES = (
    "SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
       WHERE relnamespace = 'public'::regnamespace""",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal", LEDGER)
SQLITE = (
    "SELECT type, name, tbl_name, CASE type WHEN 'table' THEN '' ELSE coalesce(sql, '') END FROM sqlite_master",
    """SELECT m.name, c.name, c.type, c."notnull", coalesce(c.dflt_value, ''), c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c""",
    """SELECT m.name, k."table", k."from", k."to", k.on_delete FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k""", LEDGER)
# What the database of an older program lacks, as it is taken away, and what holds up whoever makes it: in the order in which it is made.
LACKS = (
    (("ALTER TABLE plans DROP COLUMN description", "DELETE FROM schema_objects WHERE name = 'plans.description'"),
     "LOCK TABLE plans IN ROW EXCLUSIVE MODE"),
    (("UPDATE users SET search = ''", "UPDATE schema_objects SET definition = 'search text' WHERE name = 'users.search'"),
     "SELECT FROM users FOR UPDATE"),
    (("ALTER TABLE user_sessions DROP CONSTRAINT user_session_ended_has_its_time",
      "DELETE FROM schema_objects WHERE name = 'user_session_ended_has_its_time'"), "LOCK TABLE user_sessions IN ROW EXCLUSIVE MODE"),
    (("DROP TABLE webhook_endpoints", "DELETE FROM schema_objects WHERE table_name = 'webhook_endpoints'"), "CREATE TABLE webhook_endpoints (id uuid)"),
    (("DROP TRIGGER audit_logs_accepts_no_change ON audit_logs", "DELETE FROM schema_objects WHERE name = 'audit_logs_accepts_no_change'"),
     "LOCK TABLE audit_logs IN ROW EXCLUSIVE MODE"),
    (("DROP INDEX schedules_next_run_at", "DELETE FROM schema_objects WHERE name = 'schedules_next_run_at'"),
     "LOCK TABLE schedules IN ROW EXCLUSIVE MODE"),
    (("ALTER TABLE users DROP CONSTRAINT users_tenant_id_reference", "DELETE FROM schema_objects WHERE name = 'users_tenant_id_reference'"),
     "LOCK TABLE tenants IN ROW EXCLUSIVE MODE"),
)


@contextlib.contextmanager
def made(engine):
    """A world of which only what a first start leaves is there: no server."""
    world = World(engine)
    try:
        yield world
    finally:
        world.remove()


def schema(world):
    with Storage(world) as storage:
        queries = SQLITE if storage.is_sqlite else POSTGRES
        return {query: sorted(map(tuple, storage.run(query))) for query in queries + (SEARCHED,)}


def check_schema(world, wanted):
    found = schema(world)
    for query, rows in wanted.items():
        assert found[query] == rows, f"{query}: {sorted(set(found[query]) ^ set(rows))[:10]}"


class Migration:
    """The command as a process. With a `room` it dies, as by kill -9, where a file would grow beyond so many bytes."""

    def __init__(self, world, room=None):
        command = [PROGRAM, "migrate", "--data", str(world.server.data)] + (["--database", world.database] if world.database else [])
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, cwd=TOP, env=world.server.starting_environment(), stdin=subprocess.DEVNULL, stdout=self.said,
                                        stderr=subprocess.STDOUT, preexec_fn=room and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.said.close()

    def kill(self):
        self.process.kill()
        self.ends_with(-signal.SIGKILL)

    def ends_with(self, code):
        ended = self.process.wait(60)
        self.said.seek(0)
        assert ended == code, f"{ended}: {self.said.read()}"


def migrate(world, code=0, room=None):
    with Migration(world, room) as migration:
        migration.ends_with(code)


def migrate_killed_behind(engine, world, hindrance):
    """Held up by what another session does meanwhile; what the dead one had asked for last may still be done after it."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with contextlib.closing(psycopg2.connect(world.database)) as holder:
        holder.cursor().execute(hindrance)
        with Migration(world) as migration:
            until(lambda: engine.run(waiting, world.database) or migration.process.poll() is not None, 30, hindrance)
            migration.kill()
        holder.rollback()


def test_killed_in_any_step_it_goes_on_where_it_was(engine):
    only_on(engine, "postgres")
    with made(engine) as world:
        wanted = schema(world)
        for statements, _ in LACKS:
            by_hand(world, *statements)
        for _, hindrance in LACKS:
            migrate_killed_behind(engine, world, hindrance)
        migrate(world)
        check_schema(world, wanted)


def test_killed_while_all_is_made_nothing_is_there(engine):
    only_on(engine, "postgres")
    with made(engine) as world:
        wanted = schema(world)
        by_hand(world, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        migrate_killed_behind(engine, world, "CREATE TABLE audit_logs (id uuid)")
        until(lambda: not engine.run("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", world.database), 20, "the end of what was begun")
        migrate(world)
        check_schema(world, {query: rows for query, rows in wanted.items() if query != SEARCHED})


def fill_settings(world):
    """With more than memory is given to hold, so that the file is written before the commit."""
    with Storage(world) as storage:
        columns = [name for (name,) in storage.run("SELECT name FROM pragma_table_info('system_settings')") if name not in ("id", "key", "description")]
        same = ", ".join(columns)
        storage.run(f"""WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS})
                        INSERT INTO system_settings (id, key, description, {same})
                        SELECT printf('01900000-0000-7000-8000-%012d', n), 'setting-' || n, printf('%.{WIDE}c', 'x'), {same}
                        FROM system_settings, numbers WHERE key = 'bcrypt_cost'""")


def test_dead_in_the_midst_of_its_transaction_nothing_is_half_made(engine):
    """Behind its first step, an index, which was made by then: while a large table is made anew."""
    only_on(engine, "sqlite")
    with made(engine) as world:
        wanted = schema(world)
        fill_settings(world)
        by_hand(world, "DROP INDEX plans_created_at", "DELETE FROM schema_objects WHERE name = 'plans_created_at'",
                "UPDATE schema_objects SET definition = 'description INTEGER' WHERE name = 'system_settings.description'",
                "UPDATE schema_objects SET definition = 'search TEXT' WHERE name = 'system_settings.search'")
        older = schema(world)
        for room in (1 << 16, 1 << 20, 2 << 20):
            migrate(world, -signal.SIGXFSZ, room)
            check_schema(world, older)
        migrate(world)
        check_schema(world, wanted)
        with Storage(world) as storage:
            assert storage.run("SELECT count(*) FROM system_settings WHERE search LIKE '%setting-%'") == [(ROWS,)]


def test_dead_at_any_time_of_the_first_it_begins_anew(engine):
    only_on(engine, "sqlite")
    with made(engine) as world:
        wanted = schema(world)
        for path in world.server.data.glob("superadmin.db*"):
            path.unlink()
        for room in (1 << 12, 1 << 16, 1 << 19, 1 << 20):
            migrate(world, -signal.SIGXFSZ, room)
        migrate(world)
        check_schema(world, {query: rows for query, rows in wanted.items() if query != SEARCHED})


def mottos(world):
    """What the story has written into a table, and what that is made of."""
    with Storage(world) as storage:
        return schema(world), storage.run("SELECT name, motto FROM plans ORDER BY name")


def test_what_migrating_would_do_is_told_and_not_done(engine):
    """The database of another program: an index less, a column more, which holds something."""
    with World(engine) as world:
        world.new_tenant()
        assert world.server.stop() == 0
        with Storage(world) as storage:
            for sql in ("DROP INDEX plans_created_at", "DELETE FROM schema_objects WHERE name = 'plans_created_at'", "ALTER TABLE plans ADD COLUMN motto text",
                        "INSERT INTO schema_objects (name, kind, table_name, definition) VALUES ('plans.motto', 'column', 'plans', 'motto text')",
                        "UPDATE plans SET motto = 'más' WHERE name = 'free'"):
                storage.run(sql)
        before = mottos(world)
        told = nidia(world, "migrate", "--dry-run", expect=1).stdout
        assert "Refused, since it would lose data:\ncolumn plans.motto is not in the model and holds values\n" in told, told
        assert "holds values" in nidia(world, "migrate", expect=1).stderr
        assert mottos(world) == before

        with Storage(world) as storage:
            storage.run("UPDATE plans SET motto = NULL")
        before = mottos(world)
        told = nidia(world, "migrate", "--dry-run").stdout
        assert "Refused" not in told and "CREATE INDEX" in told and "plans_created_at" in told, told
        assert ("rebuild table plans\n" if engine.name == "sqlite" else "drop column plans.motto\n    ALTER TABLE plans DROP COLUMN motto\n") in told, told
        assert mottos(world) == before
        assert "steps taken" in nidia(world, "migrate").stdout
        assert "up to date" in nidia(world, "migrate", "--dry-run").stdout
        nidia(world, "doctor")
