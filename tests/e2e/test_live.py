"""What happens is told as it happens: each event once, in order, to whom it concerns (OPERATIONS.md "Events")."""

import contextlib
import json
import secrets
import select
import subprocess

from harness import LONG, World
from server import PROGRAM, TOP, in_time, until
from stream import Stream
from test_commands import nidia


def change_setting(world, value):
    setting = world.admin.get("/system_settings/default_trial_days").json
    return world.admin.patch(f"/system_settings/{setting['id']}", {"value": value}).json


def job_path(reply):
    return reply.headers["Link"].split("</api/v1")[1].split(">")[0]


def positions(events):
    return [int(event.id) for event in events]


def test_a_change_is_told_without_its_content(world):
    with Stream(world.admin) as stream:
        plan = world.new_plan(display_name="Plan Secreto")
        event = stream.wait_for("plan.created", entity_id=plan["id"])
        assert event.data == {"type": "plan.created", "entity_type": "plans", "entity_id": plan["id"], "revision": 1, "tenant_id": None}
        world.admin.patch(f"/plans/{plan['id']}", {"display_name": "Otro"})
        assert stream.wait_for("plan.updated", entity_id=plan["id"]).data["revision"] == 2
        assert stream.headers["Content-Type"].startswith("text/event-stream") and stream.headers["Cache-Control"] == "no-store"


def test_positions_have_no_hole_and_no_double(world):
    with Stream(world.admin, after=0) as stream:
        tenant = world.new_tenant()
        stream.wait_for("tenant.updated", entity_id=tenant["id"], revision=tenant["revision"])
        events = list(stream.events)  # more may come
        assert positions(events) == list(range(1, len(events) + 1)), events


def test_who_comes_again_goes_on_where_he_was(world):
    with Stream(world.admin) as stream:
        plan = world.new_plan()
        stream.wait_for("plan.created", entity_id=plan["id"])
    missed = [world.new_plan()["id"] for _ in range(3)]
    for options in ({"after": stream.last_id}, {"path": f"/events?last_event_id={stream.last_id}"}):
        with Stream(world.admin, **options) as again:
            again.wait_for("plan.created", entity_id=missed[-1])
            assert [event.data["entity_id"] for event in again.of("plan.created")] == missed
            assert positions(again.events)[0] == int(stream.last_id) + 1


def test_what_is_behind_the_memory_is_read_from_the_table(engine):
    with World(engine) as world:
        made = [world.new_plan()["id"] for _ in range(2300 if LONG else 3)]
        world.restart()
        heard, last, later = [], 0, None
        while made[-1] not in heard:  # a thousand at a time
            with Stream(world.admin, after=last) as stream:
                until(lambda stream=stream: stream.ended.is_set() or any(event.data["entity_id"] == made[-1] for event in stream.events))
                if not stream.ended.is_set():  # the end of the table is the beginning of what comes
                    later = world.new_plan()["id"]
                    stream.wait_for("plan.created", entity_id=later)
                events = list(stream.events)  # more may come
                assert positions(events) == list(range(int(last) + 1, int(last) + 1 + len(events)))
                heard += [event.data["entity_id"] for event in events if event.type == "plan.created" and event.data["entity_id"] != later]
                last = events[-1].id
        assert heard[-len(made):] == made


def test_who_is_cut_off_before_the_first_event_knows_where_he_was(world):
    with Stream(world.admin) as stream:
        until(lambda: stream.last_id, what="the place where it begins")
    plan = world.new_plan()
    with Stream(world.admin, after=stream.last_id) as again:
        again.wait_for("plan.created", entity_id=plan["id"])


def test_an_id_that_is_not_ours_means_reload(world):
    with Stream(world.admin, after=10**12) as stream:
        until(lambda: stream.of("reload"), what="the order to reload")
        plan = world.new_plan()
        assert int(stream.wait_for("plan.created", entity_id=plan["id"]).id) == int(stream.of("reload")[0].id) + 1
    world.admin.get("/events?last_event_id=-1", 400)
    world.admin.get("/events?last_event_id=x", 400)
    world.admin.get(f"/events?last_event_id={2**63 - 1}", 400)
    world.admin.get("/events?since=1", 400)
    assert Stream(world.admin, after="x").reply.code == "malformed_header"


def test_each_role_hears_what_it_may_see(world):
    tenant, other = world.new_tenant(), world.new_tenant()
    own, foreign, support = (world.sign_in_as("tenant_admin", tenant["id"]), world.sign_in_as("tenant_admin", other["id"]),
                             world.sign_in_as("support"))
    machine, every_tenants = world.machine(tenant["id"], ("events",)), world.machine(None, ("events",))
    streams = {name: Stream(client) for name, client in
               {"admin": world.admin, "own": own, "foreign": foreign, "support": support, "machine": machine, "all": every_tenants}.items()}
    hidden = world.new_plan(is_visible=False)
    user, staff = world.new_user("tenant_admin", tenant["id"]), world.new_user("support")
    change_setting(world, 17)
    world.admin.patch(f"/tenants/{tenant['id']}", {"name": "Nombre Nuevo"})
    shown = world.new_plan()
    for stream in streams.values():
        stream.wait_for("plan.created", entity_id=shown["id"])

    def hears(what):
        return {name for name, stream in streams.items() if any(event.data["entity_id"] == what for event in stream.events)}
    assert hears(tenant["id"]) == hears(user["id"]) == {"admin", "own", "support", "machine", "all"}
    assert hears(hidden["id"]) == hears(staff["id"]) == {"admin", "support"}, (hears(hidden["id"]), hears(staff["id"]))
    for stream in streams.values():
        assert stream.of("system_setting.updated"), "a public setting is everybody's"
        stream.close()


def test_what_a_rule_hides_is_not_told(world):
    private = world.admin.post("/system_settings", {"key": f"x-{secrets.token_hex(4)}", "value": 1}, 201).json
    with Stream(world.sign_in_as("support")) as stream, Stream(world.admin) as all_of_it:
        world.admin.patch(f"/system_settings/{private['id']}", {"value": 2})
        world.admin.delete(f"/system_settings/{private['id']}")
        plan = world.new_plan()
        stream.wait_for("plan.created", entity_id=plan["id"])
        all_of_it.wait_for("system_setting.deleted", entity_id=private["id"])
        assert not [event for event in stream.events if event.data["entity_id"] == private["id"]]


def test_who_is_no_longer_let_in_loses_his_stream_at_once(world):
    path = "/users/{}".format
    endings = {
        "logout": lambda user: user.post("/auth/logout", expect=204),
        "lock": lambda user: world.admin.post(f"{path(user.user['id'])}/lock", {"reason": "x"}, 200),
        "deactivate": lambda user: world.admin.patch(path(user.user["id"]), {"is_active": False}),
    }
    with contextlib.ExitStack() as streams:
        other = streams.enter_context(Stream(world.admin))

        def end(name):
            user = world.sign_in_as("support")
            stream = streams.enter_context(Stream(user))
            endings[name](user)
            return stream.ended.is_set

        def revoke():
            key = world.admin.post("/api_keys", {"name": "x", "scopes": ["events"]}, 201).json
            stream = streams.enter_context(Stream(world.visitor.twin(token=key["key"])))
            world.admin.delete(f"/api_keys/{key['id']}", (200, 204))
            return stream.ended.is_set
        for ending in endings:
            in_time(lambda name=ending: end(name), 1, f"the end by {ending}")
        in_time(revoke, 1, "the end of the key's")
        assert not other.ended.is_set()


def test_only_for_who_may(world):
    assert Stream(world.visitor).status == 401
    assert Stream(world.machine()).reply.code == "scope_missing"
    machine = world.machine(None, ("events",))
    streams = [Stream(machine) for _ in range(20)]
    one_more = Stream(machine)
    assert (one_more.status, one_more.reply.code) == (429, "too_many_streams") and one_more.headers["Retry-After"]
    streams.pop().close()
    until(lambda: (stream := Stream(machine)).status == 200 and streams.append(stream) is None, what="the room that was left")
    for stream in streams:
        stream.close()


def test_a_job_is_told_step_by_step_until_it_ends(world):
    reply = world.ask_for_tenant()
    with Stream(world.admin, job_path(reply) + "/events") as stream:
        stream.wait_for_end()
        jobs = stream.of("job")
        assert stream.events[-1].type == "end" and stream.events[-1].data == {"status": "completed"}
        assert jobs[-1].data == world.admin.get(job_path(reply)).json
        assert [event.id for event in jobs] == sorted({event.id for event in jobs}, key=int)
        done = [sum(step["status"] == "completed" for step in event.data["steps"]) for event in jobs]
        assert done == sorted(done) and done[-1] == len(jobs[-1].data["steps"])
    with Stream(world.admin, job_path(reply) + "/events") as late:
        assert [event.type for event in late.wait_for_end().events] == ["job", "end"]


def test_a_job_is_told_to_whom_it_concerns_as_he_may_see_it(world):
    tenant = world.new_tenant()
    own = world.sign_in_as("tenant_admin", tenant["id"])
    stranger = world.sign_in_as("tenant_admin", world.new_tenant()["id"])
    path = f"/jobs/{own.get('/jobs').json['data'][0]['id']}"
    with Stream(own, path + "/events") as stream:
        last = stream.wait_for_end().of("job")[-1].data
        assert last == own.get(path).json and "leased_by" not in last
    assert Stream(stranger, path + "/events").status == 404
    assert Stream(world.admin, "/jobs/none/events").status == 404


def followed(world, *words):
    """`nidia events` as a process, whose lines are read as they come."""
    command = [PROGRAM, "events", *words, "--data", str(world.server.data)] + (["--database", world.database] if world.database else [])
    return subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_terminal_follows_events_through_restarts_and_kills(engine):
    """Each position once, in order, whether the server ended by itself or was killed while events were on their way."""
    with World(engine) as world, followed(world, "--json") as follower:
        heard = []

        def hear_until(row):
            while not heard or heard[-1]["entity_id"] != row["id"] or heard[-1]["type"] != "plan.created":
                heard.append(json.loads(follower.stdout.readline()))
        until(lambda: world.new_plan() and select.select([follower.stdout], [], [], 0.1)[0], 20, "a first event")
        made = []
        for kill in (False, True, True):
            hear_until(world.new_plan())
            made += [world.new_plan()["id"] for _ in range(20)]
            world.restart(kill)
        hear_until(world.new_plan())
        positions = [event["position"] for event in heard]
        assert positions == list(range(positions[0], positions[0] + len(positions))), positions
        told = [event["entity_id"] for event in heard if event["type"] == "plan.created"]
        assert len(told) == len(set(told)) and set(made) <= set(told)
        follower.terminate()


def test_events_are_followed_from_a_terminal(engine):
    with World(engine) as world:
        first = world.new_plan()
        with followed(world, "--since", "0", "--json") as follower, followed(world) as reader:
            heard = []

            def line_of(row, verb):
                while True:
                    event = json.loads(follower.stdout.readline())
                    assert not heard or event["position"] == heard[-1] + 1, (heard[-1], event)
                    heard.append(event["position"])
                    if event["entity_id"] == row["id"] and event["type"] == f"plan.{verb}":
                        return event
            assert line_of(first, "created")["entity_type"] == "plans"
            until(lambda: b"\nnidia_listeners 2\n" in world.admin.twin(base="").get("/metrics").body, what="who is told what comes from now on")
            second = world.new_plan()
            line_of(second, "created")
            until(lambda: f"plans/{second['id']}" in reader.stdout.readline(), 20, "a line for people")
            follower.terminate()
            reader.terminate()
        nidia(world, "events", "--since", "yesterday", expect=2)
        world.server.stop()
        assert "nobody serves" in nidia(world, "events", expect=1).stderr
        world.start_again()


def test_a_server_that_ends_ends_its_streams(engine):
    with World(engine) as world:
        stream = Stream(world.admin)
        assert world.server.stop() == 0
        stream.wait_for_end()
        stream.close()
        world.server.start()


def test_many_listeners_hear_everything(engine):
    with World(engine) as world:
        keys = [world.machine(None, ("events",)) for _ in range(50 if LONG else 10)]
        streams = [Stream(key) for key in keys for _ in range(20)]
        made = [world.new_plan()["id"] for _ in range(10)]
        for stream in streams:
            stream.wait_for("plan.created", entity_id=made[-1])
            assert [event.data["entity_id"] for event in stream.of("plan.created")] == made
        for stream in streams:
            stream.close()
