"""A move between two PostgreSQL servers whose target stays behind, or that is held up while its tenant is shut: he waits no
longer than was allowed, writes on where he was, loses nothing, and is moved once nothing holds it up any more."""

import contextlib
import threading

import psycopg2

from harness import World
from server import until
from test_copies import finished, moves_of
from test_hosts import second_place
from test_moves import begin, is_at, move
from test_moves_under_load import HELD_UP, TABLES, Hands, held_up, kill, step_of, until_told

ENGINES = ("postgres",)
ALLOWED_S, TOO_LONG_S = 4, 15  # and what a busy machine adds
GIVEN_UP = f"it was not brought over within {ALLOWED_S} s, and is open again"
CHANGED = "tables, views, indexes or functions were changed while it was copied"
# A row that arrives at the target once the test lets it.
GATE = """CREATE FUNCTION pass() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gate_is_open') LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN true; END $$;
    CREATE TABLE gate (id integer PRIMARY KEY CHECK (current_setting('port') = '{port}' OR public.pass()));
    INSERT INTO gate VALUES (1)"""
QUIET = "CREATE TABLE quiet (note text); INSERT INTO quiet VALUES ('a')"


class Moving:
    """A tenant who writes all the time, about to be moved."""

    def __init__(self, engine, more=f"{QUIET}; {GATE}"):
        self.engine, self.more = engine, more

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            place, self.second = stack.enter_context(second_place(self.engine))
            self.world = stack.enter_context(World(self.engine))
            self.tenant, self.product = begin(self.world, place)
            self.product.run(TABLES)
            self.product.run(self.more.format(port=self.tenant["db_port"]))
            self.hands = stack.enter_context(Hands(self.world, self.tenant))
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *failure):
        return self.stack.__exit__(*failure)

    def move(self):
        self.reply = move(self.world, self.tenant, "norte", allow_read_only_seconds=ALLOWED_S)

    def at(self, server):
        """His database on either server, as whoever looks after that finds it."""
        return f"{server.url.rsplit('/', 1)[0]}/{self.tenant['db_name']}"

    def connect(self, server):
        return contextlib.closing(psycopg2.connect(self.at(server)))

    @contextlib.contextmanager
    def locked(self, server, table, mode):
        with self.connect(server) as holder:
            holder.cursor().execute(f"LOCK TABLE {table} IN {mode} MODE")
            yield

    @contextlib.contextmanager
    def asked_for(self, table):
        """Somebody waits for a lock that excludes everybody, behind what has the table: who comes later waits behind him."""
        with self.connect(self.engine) as waiting:
            thread = threading.Thread(target=lambda: waiting.cursor().execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            thread.start()
            until(lambda: self.engine.run("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"), 20, "the lock's queue")
            yield
            thread.join()

    def until_nothing_but_the_gate(self):
        self.move()
        until(lambda: self.second.run("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"), 60, "the gate")
        waiting = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"
        until(lambda: self.second.run(waiting, self.at(self.second)) == [(1,)], 60, "all other tables")

    @contextlib.contextmanager
    def about_to_be_shut(self):
        """All that is done ahead is done, and the tenant is at work until the block ends. What holds the move up there would hold
        up the beginning of each table's replication too: that is past when nothing but the gate's row is still on its way."""
        self.until_nothing_but_the_gate()
        with contextlib.closing(psycopg2.connect(self.engine.url)) as holder:
            holder.cursor().execute(f"ALTER ROLE {self.tenant['db_username']} CONNECTION LIMIT 10")
            self.second.run("CREATE ROLE gate_is_open")
            until(lambda: self.engine.run("SELECT 1 FROM pg_stat_activity WHERE query ~ 'NOLOGIN' AND wait_event = 'transactionid'"), 60, "the freeze")
            yield

    def until_given_up(self):
        """He is at work again, and nobody has let go of what holds the move up."""
        until_told(self.world, self.reply, GIVEN_UP)
        self.hands.go_on()

    def check(self):
        job = finished(self.world, self.reply)
        if job["status"] == "failed" and job["attempts"] == job["attempts_max"]:  # all were made while it was held up
            self.move()
            job = finished(self.world, self.reply)
        assert job["status"] == "completed", job
        self.hands.go_on()
        self.hands.__exit__()
        self.hands.check()
        assert is_at(self.world, self.tenant, "norte")
        assert self.hands.longest_wait_s() < TOO_LONG_S, self.hands.longest_wait_s()


def test_a_target_that_does_not_catch_up_in_time_opens_the_tenant_again(engine):
    with Moving(engine) as moving:
        with contextlib.ExitStack() as held:
            with moving.about_to_be_shut():
                held.enter_context(moving.locked(moving.second, "baskets", "SHARE"))
                moving.hands.go_on()
            moving.until_given_up()
        moving.check()


def test_a_lock_at_the_source_keeps_nobody_shut_out(engine):
    with Moving(engine) as moving:
        with contextlib.ExitStack() as held:
            with moving.about_to_be_shut():
                held.enter_context(moving.asked_for("quiet"))
            moving.until_given_up()
        moving.check()


def test_what_the_product_makes_while_it_is_copied_is_not_left_behind(engine):
    """Rows follow, an index does not: neither what is made while the rows are on their way, nor what is made at the last moment."""
    with Moving(engine) as moving:
        moving.until_nothing_but_the_gate()
        moving.product.run("CREATE VIEW seen AS SELECT page FROM visits")
        moving.second.run("CREATE ROLE gate_is_open")
        assert CHANGED in finished(moving.world, moving.reply)["error"]
        assert moves_of(moving.world, moving.tenant)[0]["frozen_at"] is None
        moving.second.run("DROP ROLE gate_is_open")
        with moving.about_to_be_shut():
            moving.product.run("CREATE INDEX by_page ON visits (page)")
        assert CHANGED in finished(moving.world, moving.reply)["error"]
        moving.move()  # the gate is open
        moving.check()
        assert moving.product.run("SELECT 1 FROM pg_indexes WHERE indexname = 'by_page'") and moving.product.run("SELECT count(*) FROM seen")


def test_a_switch_that_waits_in_the_control_plane_keeps_nobody_shut_out(engine):
    with Moving(engine, QUIET) as moving:
        with held_up(moving.world, "tenants"):
            moving.move()
            until(lambda: engine.run(HELD_UP, moving.world.database), 60, "the switch")
            moving.until_given_up()
        moving.check()


def test_a_freeze_that_cannot_be_noted_in_the_control_plane_keeps_nobody_shut_out(engine):
    with Moving(engine) as moving:
        with contextlib.ExitStack() as held:
            with moving.about_to_be_shut():
                held.enter_context(held_up(moving.world, "tenant_moves"))
            until(lambda: engine.run(HELD_UP, moving.world.database), 20, "the freeze")
            moving.hands.go_on()
        moving.check()


def test_killed_while_the_tenant_is_shut_he_is_let_in_before_anything_else(engine):
    with Moving(engine, QUIET) as moving:
        with held_up(moving.world, "tenants"):
            moving.move()
            until(lambda: engine.run(HELD_UP, moving.world.database), 60, "the switch")
            moving.world.server.kill()
        with moving.locked(engine, "quiet", "ACCESS EXCLUSIVE"):
            kill(moving.world, moving.hands)
            moving.hands.go_on()
            assert step_of(moving.world, moving.reply) == "switch"
        moving.check()


def test_a_copy_that_takes_longer_than_the_tenant_may_be_shut_is_given_up(engine):
    with Moving(engine, f"{QUIET}; CREATE UNLOGGED TABLE scratch (note text)") as moving:
        with moving.locked(engine, "quiet", "ACCESS EXCLUSIVE"):
            moving.move()
            moving.until_given_up()
        moving.check()
