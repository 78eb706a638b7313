"""A tenant is moved while it writes, and the node is killed: between two PostgreSQL servers while several writers insert, change
and remove rows of several tables."""

import contextlib
import http.client
import random
import threading
import uuid
from unittest import SkipTest

import psycopg2

from harness import LONG, World, only_on
from server import Looks, pause, until
from test_copies import Product, done, finished, moves_of
from test_hosts import second_place
from test_moves import Writer, begin, is_at, move

WRITERS, BETWEEN_S = 4, 0.002
TABLES = """CREATE SEQUENCE numbers;
    CREATE TABLE baskets (id bigint PRIMARY KEY DEFAULT nextval('numbers'), writer int NOT NULL, amount int NOT NULL, note text NOT NULL);
    CREATE TABLE things (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, basket_id bigint NOT NULL REFERENCES baskets ON DELETE CASCADE,
                        name text NOT NULL);
    CREATE TABLE visits (writer int NOT NULL, page text NOT NULL);
    CREATE TABLE journal (id uuid PRIMARY KEY, writer int NOT NULL)"""
LONG_NOTE = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=9000))  # kept out of its row


class Hand(threading.Thread):
    """One connection, one transaction after the other; knows what it left in the tables. Where the answer to a commit was
    lost, the journal tells whether it was made."""

    def __init__(self, world, tenant, number, looks):
        super().__init__()
        self.looks = looks
        self.product, self.number, self.chance = Product(world, tenant["id"]), number, random.Random(number)
        self.ended, self.connection = threading.Event(), None
        self.baskets, self.things, self.visits, self.journal = {}, {}, [], set()
        self.pending, self.made, self.error, self.longest_wait_s = None, 0, None, 0.0

    # Each changes the database in an open transaction and gives what is to be remembered once that is committed.

    def add_order(self, cursor):
        amount, note = self.chance.randrange(1000), self.chance.choice(["", LONG_NOTE])
        cursor.execute("INSERT INTO baskets (writer, amount, note) VALUES (%s, %s, %s) RETURNING id", (self.number, amount, note))
        order = cursor.fetchone()[0]
        names = [str(uuid.uuid4()) for _ in range(self.chance.randrange(3))]
        for name in names:
            cursor.execute("INSERT INTO things (basket_id, name) VALUES (%s, %s)", (order, name))

        def remember():
            self.baskets[order] = (amount, note)
            self.things[order] = sorted(names)
        return remember

    def change_order(self, cursor):
        order = self.chance.choice(list(self.baskets))
        amount = self.chance.randrange(1000)
        cursor.execute("UPDATE baskets SET amount = %s WHERE id = %s", (amount, order))
        assert cursor.rowcount == 1, order
        return lambda: self.baskets.update({order: (amount, self.baskets[order][1])})

    def remove_order(self, cursor):
        order = self.chance.choice(list(self.baskets))
        cursor.execute("DELETE FROM baskets WHERE id = %s", (order,))
        assert cursor.rowcount == 1, order

        def remember():
            del self.baskets[order]
            del self.things[order]
        return remember

    def visit(self, cursor):
        page = self.chance.choice("ab")
        cursor.execute("INSERT INTO visits VALUES (%s, %s)", (self.number, page))
        return lambda: self.visits.append(page)

    def change_visits(self, cursor):
        cursor.execute("UPDATE visits SET page = 'c' WHERE writer = %s AND page = 'a'", (self.number,))
        return lambda: setattr(self, "visits", ["c" if page == "a" else page for page in self.visits])

    def forget_visits(self, cursor):
        cursor.execute("DELETE FROM visits WHERE writer = %s", (self.number,))
        return self.visits.clear

    def write(self):
        what = [self.add_order] * 4 + [self.visit] * 4 + [self.change_visits, self.forget_visits]
        what += ([self.change_order] * 3 + [self.remove_order]) if self.baskets else []
        entry = str(uuid.uuid4())
        with self.connection.cursor() as cursor:
            remember = self.chance.choice(what)(cursor)
            cursor.execute("INSERT INTO journal VALUES (%s, %s)", (entry, self.number))
            self.pending = entry, remember
            self.connection.commit()
        self.keep()

    def keep(self):
        entry, remember = self.pending
        remember()
        self.journal.add(entry)
        self.pending, self.made = None, self.made + 1

    def connect(self):
        self.connection = self.product.connect()
        self.connection.autocommit = False
        if self.pending:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM journal WHERE id = %s", (self.pending[0],))
                found = cursor.fetchone()
            self.connection.rollback()
            if found:
                self.keep()
            self.pending = None

    def run(self):
        wrote_at = self.looks.seconds()
        while not self.ended.is_set() and not self.error:
            try:
                if not self.connection:
                    self.connect()
                self.write()
                now = self.looks.seconds()
                self.longest_wait_s, wrote_at = max(self.longest_wait_s, now - wrote_at), now
                self.ended.wait(BETWEEN_S)
            except (psycopg2.OperationalError, psycopg2.InterfaceError, OSError, http.client.HTTPException):  # the node may be away too
                self.drop()
                pause()
            except Exception as error:
                self.error = error
        self.drop()

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Hands:
    def __init__(self, world, tenant):
        self.looks = Looks()
        self.hands = [Hand(world, tenant, number, self.looks) for number in range(WRITERS)]

    def __enter__(self):
        for hand in self.hands:
            hand.start()
        self.go_on()
        return self

    def go_on(self):
        """Until each has written some more."""
        before = [hand.made for hand in self.hands]
        until(lambda: all(hand.error or hand.made > made + 10 for hand, made in zip(self.hands, before)), 30, "transactions")
        for hand in self.hands:
            if hand.error:
                raise hand.error

    def longest_wait_s(self):
        return max(hand.longest_wait_s for hand in self.hands)

    def __exit__(self, *_):
        for hand in self.hands:
            hand.ended.set()
        for hand in self.hands:
            hand.join()
        self.looks.ended.set()

    def check(self):
        product = self.hands[0].product
        for hand in self.hands:
            if hand.pending:
                hand.connect()
                hand.drop()
        expected = {order: row for hand in self.hands for order, row in hand.baskets.items()}
        found = {row[0]: (row[1], row[2]) for row in product.run("SELECT id, amount, note FROM baskets")}
        assert found == expected, (len(found), len(expected), list(found.items() ^ expected.items())[:3])
        things = {order: [] for order in expected}
        for order, name in product.run("SELECT basket_id, name FROM things ORDER BY name"):
            things[order].append(name)
        assert things == {order: names for hand in self.hands for order, names in hand.things.items()}
        assert {str(row[0]) for row in product.run("SELECT id FROM journal")} == {entry for hand in self.hands for entry in hand.journal}
        for hand in self.hands:
            assert sorted(hand.visits) == [row[0] for row in product.run(f"SELECT page FROM visits WHERE writer = {hand.number} ORDER BY page")]
        assert product.run("SELECT nextval('numbers')")[0][0] > max(expected)


def only_in_long_runs():
    if not LONG:
        raise SkipTest("takes its time: NIDIA_TEST_LONG=1")


def job_of(world, reply):
    return world.admin.get(reply.headers["Link"].split(">")[0].removeprefix("</api/v1")).json


def until_told(world, reply, words):
    """Until its error holds these words. On a machine that stands still an attempt before may have failed otherwise."""
    until(lambda: words in (job_of(world, reply)["error"] or ""), 60, f"{words!r} as the job's error")


def step_of(world, reply):
    """The name of the step that the job is at."""
    return next((step["name"] for step in job_of(world, reply)["steps"] if step["status"] != "completed"), "over")


def kill(world, hands):
    world.restart(kill=True)
    world.signed_in = None
    for hand in hands.hands:
        hand.product.admin = world.admin.twin()


@contextlib.contextmanager
def held_up(world, table):
    """Nobody writes to it meanwhile; by a transaction that writes nothing itself, since a replication waits for such to end."""
    with contextlib.closing(psycopg2.connect(world.database)) as holder:
        holder.cursor().execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield


HELD_UP = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'relation'"


def test_every_row_of_several_writers_comes_along_also_where_the_node_is_killed(engine):
    only_on(engine, "postgres")
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        product.run(TABLES)
        with Hands(world, tenant) as hands:
            there = move(world, tenant, "norte")
            with held_up(world, "tenants"):
                until(lambda: engine.run(HELD_UP, world.database), 60, "the switch")
                assert step_of(world, there) == "switch"
                world.server.kill()
            kill(world, hands)
            done(world, there)
            hands.go_on()
            done(world, world.admin.post(f"/tenants/{tenant['id']}/move_back", None, 202))
            hands.go_on()
        hands.check()
        assert is_at(world, tenant, "default")
        assert [row["method"] for row in moves_of(world, tenant)] == ["replication"] * 2


MOVE_S = {"sqlite": 0.5, "postgres": 2}  # about


def test_killed_at_some_moment_of_a_move_there_and_back_no_row_is_lost(engine):
    """The same moments in each run but the long ones: whichever they are, the move is made and every row is there once."""
    chance = random.Random(None if LONG else 7)
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, _ = begin(world, place)
        with Writer(world, tenant) as writer:
            for target in ("norte", "default"):
                reply = move(world, tenant, target)
                pause(chance.uniform(0, MOVE_S[engine.name]))
                world.restart(kill=True)
                world.signed_in = None
                writer.product.admin = world.admin.twin()
                done(world, reply)
                assert is_at(world, tenant, target)
                writer.wait_for_rows()
        writer.check()


def test_killed_at_any_moment_of_a_move_no_row_is_lost(engine):
    only_on(engine, "postgres")
    only_in_long_runs()
    chance = random.Random(7)
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        product.run(TABLES)
        with Hands(world, tenant) as hands:
            for round in range(12):
                target = ("norte", "default")[round % 2]
                reply = move(world, tenant, target)
                pause(chance.uniform(0, 3))
                kill(world, hands)
                done(world, reply)
                assert is_at(world, tenant, target)
                hands.go_on()
        hands.check()


# Rows that the target gets only after its tables were copied are changed there, as a fault of the server's would.
SPOILER = """CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = TG_RELID AND srsubstate = 'r') THEN NEW.amount := NEW.amount + 1; END IF;
        RETURN NEW; END $$;
    CREATE TRIGGER spoil BEFORE INSERT OR UPDATE ON baskets FOR EACH ROW EXECUTE FUNCTION spoil();
    ALTER TABLE baskets ENABLE REPLICA TRIGGER spoil"""


def test_what_is_spoilt_while_the_target_follows_is_found_and_nothing_is_lost(engine):
    only_on(engine, "postgres")
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        product.run(TABLES)
        product.run(SPOILER)
        with Hands(world, tenant) as hands:
            job = finished(world, move(world, tenant, "norte"), 120)
            assert job["status"] == "failed" and "rows of table public.baskets differ in the copy" in job["error"], job
            hands.go_on()
        hands.check()
        assert is_at(world, tenant, "default") and hands.longest_wait_s() < 15, hands.longest_wait_s()
        assert engine.run("SELECT 1 FROM pg_replication_slots") == []


def test_nobody_waits_behind_a_move_that_waits_for_a_lock(engine):
    only_on(engine, "postgres")
    with second_place(engine) as (place, _), World(engine) as world:
        tenant, product = begin(world, place)
        product.run(TABLES)
        reader = product.connect()
        reader.autocommit = False
        reader.cursor().execute("SELECT FROM visits")  # and does not end
        with Hands(world, tenant) as hands:
            reply = move(world, tenant, "norte")
            until_told(world, reply, "lock timeout")
            assert hands.longest_wait_s() < 10, hands.longest_wait_s()
            reader.close()
            if finished(world, reply)["status"] == "failed":  # its last attempt had begun before
                done(world, move(world, tenant, "norte"))
            hands.go_on()
        hands.check()
