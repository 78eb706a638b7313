"""The command line: beside a running server by its socket, and by itself (DESIGN §3)."""

import json
import os
import re
import socket
import subprocess
import threading

from harness import PASSWORD, World
from mailbox import Folder, link_of
from server import ADMIN_EMAIL, ADMIN_PASSWORD, PROGRAM, TOP, until


def nidia(world, *words, stdin="", expect=0):
    command = [PROGRAM, *words, "--data", str(world.server.data)]
    if world.database:
        command += ["--database", world.database]
    environment = {**os.environ, "NIDIA_ADMIN_EMAIL": ADMIN_EMAIL, "NIDIA_ADMIN_PASSWORD": ADMIN_PASSWORD}
    ended = subprocess.run(command, cwd=TOP, input=stdin, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == expect, f"{' '.join(words)}: {ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-4000:]}"
    return ended


def test_a_tenant_through_its_life_from_a_terminal(world):
    made = json.loads(nidia(world, "tenant", "create", "la-terminal", "La Terminal", "pagos@terminal.test", "--plan", "basic", "--json").stdout)
    assert made["slug"] == "la-terminal" and made["is_active"] and made["plan_type"] == "basic"
    assert "la-terminal" in nidia(world, "tenant", "list").stdout
    for words, member, value in ((("suspend", "la-terminal", "--reason", "no pagó"), "plan_status", "suspended"),
                                 (("reactivate", "la-terminal", "--reason", "pagó"), "plan_status", "trial"),
                                 (("show", "la-terminal"), "is_active", True)):
        assert json.loads(nidia(world, "tenant", *words, "--json").stdout)[member] == value, words
    refused = nidia(world, "tenant", "reactivate", "la-terminal", "--reason", "otra vez", expect=1)
    assert refused.stderr and not refused.stdout
    nidia(world, "tenant", "suspend", "la-terminal", expect=2)
    nidia(world, "tenant", "show", "no-such-tenant", expect=1)
    nidia(world, "tenant", "delete", "la-terminal")
    assert world.admin.get("/tenants/la-terminal").json["deletes_at"]


def test_a_tenant_is_cancelled_from_a_terminal(world):
    now, later = world.new_tenant()["slug"], world.new_tenant()["slug"]
    told = json.loads(nidia(world, "tenant", "cancel", now, "--reason", "cierra", "--json").stdout)
    assert told["plan_status"] == "cancelled" and not told["is_active"]
    nidia(world, "tenant", "cancel", later, "--reason", "cierra", "--at", "period_end")
    tenant = world.admin.get(f"/tenants/{later}").json
    assert tenant["is_active"] and tenant["subscription_ends_at"]
    refused = nidia(world, "tenant", "cancel", now, "--reason", "otra vez", expect=1)
    assert "trial, active" in refused.stderr and not refused.stdout
    assert "period_end" in nidia(world, "tenant", "cancel", later, "--reason", "x", "--at", "someday", expect=1).stderr
    nidia(world, "tenant", "cancel", later, expect=2)


def test_people_and_keys_are_made_from_a_terminal(world):
    nidia(world, "admin", "create", "turno@nidia.test", "support", stdin="Sendero-Verde-Marimba-27\n")
    assert "turno@nidia.test" in nidia(world, "admin", "list").stdout
    assert world.sign_in("turno@nidia.test", "Sendero-Verde-Marimba-27").user["system_role"] == "support"
    key = json.loads(nidia(world, "api-key", "create", "borde", "--scopes", "directory", "--json").stdout)
    tenant = world.new_tenant()
    assert world.visitor.twin(token=key["key"]).get(f"/resolve?slug={tenant['slug']}").json["id"] == tenant["id"]
    nidia(world, "api-key", "revoke", key["id"])


def test_people_are_helped_from_a_terminal(world):
    user = world.new_user("support")
    signed_in = world.sign_in(user["email"], PASSWORD)
    nidia(world, "admin", "end-sessions", user["email"])
    signed_in.get("/auth/me", 401)
    world.admin.post(f"/users/{user['id']}/lock", {"reason": "perdida"})
    nidia(world, "admin", "unlock", user["email"])
    assert not world.admin.get(f"/users/{user['id']}").json["is_locked"]
    nidia(world, "admin", "invite", user["email"], expect=1)  # who has a password already
    nidia(world, "admin", "invite", "nadie@nidia.test", expect=1)
    nidia(world, "admin", "invite", expect=2)


def test_sessions_and_passwords_are_seen_to_from_a_terminal(world):
    user = world.new_user("support")
    here, there = (world.sign_in(user["email"], PASSWORD) for _ in range(2))
    listed = json.loads(nidia(world, "session", "list", user["email"], "--json").stdout)["data"]
    assert len(listed) == 2 and {session["user_id"] for session in listed} == {user["id"]}
    nidia(world, "session", "end", listed[0]["id"])
    assert sorted(client.get("/auth/me", (200, 401)).status for client in (here, there)) == [200, 401]
    assert listed[1]["id"] in nidia(world, "session", "list").stdout
    nidia(world, "session", "end", listed[0]["id"].replace("0", "1"), expect=1)
    nidia(world, "admin", "reset-password", user["email"], stdin="Marimba-Lenta-Camino-94\n")
    assert world.sign_in(user["email"], "Marimba-Lenta-Camino-94").user["must_change_password"]
    nidia(world, "admin", "reset-password", user["email"], stdin="corta\n", expect=1)
    nidia(world, "admin", "reset-password", user["email"], stdin="", expect=2)
    nidia(world, "admin", "lock", user["email"], expect=2)
    nidia(world, "admin", "lock", user["email"], "--reason", "portátil perdido")
    assert world.admin.get(f"/users/{user['id']}").json["locked_reason"] == "portátil perdido"
    nidia(world, "admin", "create", "llega@nidia.test", "support", "--invite")
    first = link_of(Folder(world).wait_for("llega@nidia.test"))
    nidia(world, "admin", "invite", "llega@nidia.test")
    assert link_of(Folder(world).wait_for("llega@nidia.test", count=2)) != first


def test_lists_are_whole_however_long(world):
    before = len(world.admin.all_pages("/api_keys"))
    for _ in range(101):
        world.admin.post("/api_keys", {"name": "una de muchas", "scopes": ["directory"]}, 201)
    assert len(nidia(world, "api-key", "list").stdout.splitlines()) == 1 + before + 101
    told = json.loads(nidia(world, "api-key", "list", "--json").stdout)
    assert len({key["id"] for key in told["data"]}) == before + 101 and told["next_cursor"] is None


def test_a_list_that_cannot_be_had_is_no_half_document():
    ended = subprocess.run([PROGRAM, "tenant", "list", "--json", "--data", "/dev/null/nowhere"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "") and ended.stderr, ended


def test_what_is_not_understood_is_refused(world):
    tenant = world.new_tenant()
    for words in ("tenant list all", "fleet status all", "host list all", "admin list all", "api-key list all", "provider list all",
                  f"tenant suspend {tenant['slug']} --reason x --at period_end", f"tenant delete {tenant['slug']} --reason x"):
        nidia(world, *words.split(), expect=2)
    assert world.admin.get(f"/tenants/{tenant['id']}").json["is_active"]


class HangsUp:
    """In a server's place: answers what it is given, call by call, and hangs up on the next."""

    def __init__(self, world, *answers):
        self.path, self.answers, self.listener = str(world.server.data / "nidia.sock"), answers, socket.socket(socket.AF_UNIX)
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread.start()

    def __exit__(self, *_):
        self.thread.join()

    def run(self):
        for answer in (*self.answers, b""):
            caller = self.listener.accept()[0]
            caller.recv(65536)
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer) if answer else b"")
            caller.close()
        os.unlink(self.path)
        self.listener.close()


def test_what_a_server_may_have_done_is_not_done_again(engine):
    with World(engine) as world:
        keys = len(world.admin.all_pages("/api_keys"))
        assert world.server.stop() == 0
        with HangsUp(world):
            told = nidia(world, "api-key", "create", "una", "--scopes", "directory", expect=1).stderr
        assert "may have been done" in told
        world.start_again()
        assert len(world.admin.all_pages("/api_keys")) == keys


def test_who_watches_a_server_does_not_take_its_place(engine):
    """While it starts anew; the job that is watched is one that waits."""
    with World(engine) as world:
        tenant = world.new_tenant()
        world.admin.delete(f"/tenants/{tenant['id']}")
        waiting = world.admin.get(f"/jobs?tenant_id={tenant['id']}&kind=delete_tenant").json["data"][0]
        assert world.server.stop() == 0
        command = [PROGRAM, "tenant", "backup", tenant["slug"], "--data", str(world.server.data)]
        with HangsUp(world, json.dumps(waiting).encode()):
            watching = subprocess.Popen(command + (["--database", world.database] if world.database else []), cwd=TOP,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            world.start_again()
            until(lambda: f"/api/v1/jobs/{waiting['id']}" in world.server.log() or watching.poll() is not None, 20, "a watcher")
            assert watching.poll() is None
        finally:
            watching.kill()
            watching.wait()


def test_a_link_to_a_new_password_is_mailed_or_printed(world):
    def choose(token):
        world.visitor.post("/auth/reset-password", {"token": token, "password": "Marimba-Lenta-Camino-94"}, 204)
        return world.sign_in(user["email"], "Marimba-Lenta-Camino-94").user

    for words, is_mailed in ((["--print"], False), ([], True)):
        user = world.new_user("support")
        told = json.loads(nidia(world, "admin", "reset-password", user["email"], "--link", *words, "--json").stdout)
        assert bool(told["link"]) is not is_mailed and told["expires_at"], told
        token = link_of(Folder(world).wait_for(user["email"], "reset_password")) if is_mailed else told["link"].split("#")[1]
        chosen = choose(token)
        assert chosen["email_verified"] is is_mailed and not chosen["must_change_password"]
        assert world.visitor.post("/auth/reset-password", {"token": token, "password": PASSWORD}, 422).faults == {"/token": "link_void"}
        assert len(Folder(world).mails_to(user["email"], "reset_password")) == is_mailed
    path = f"/users/{user['id']}/send_password_link"
    assert world.admin.post(path, {"show": True}, 422).faults == {"/show": "not_yours_to_set"}
    world.sign_in_as("support").post(path, expect=403)
    world.admin.patch(f"/users/{user['id']}", {"is_active": False})
    assert world.admin.post(path, expect=409).code == "wrong_state"
    offered = world.admin.get(f"/audit_logs?action=send_password_link&entity_id={user['id']}").json["data"]
    assert [record["metadata"] for record in offered] == [{"shown": False}]
    nidia(world, "admin", "reset-password", "nadie@nidia.test", "--link", expect=1)
    nidia(world, "admin", "lock", user["email"], "--link", "--reason", "x", expect=2)


def test_the_last_super_admin_is_not_locked_out_from_a_terminal(engine):
    with World(engine) as world:
        refused = nidia(world, "admin", "lock", ADMIN_EMAIL, "--reason", "x", expect=1)
        assert "super admin" in refused.stderr
        world.admin.get("/auth/me")


def test_migrating_again_changes_nothing(engine):
    with World(engine) as world:
        assert world.server.stop() == 0
        assert "up to date" in nidia(world, "migrate", "--dry-run").stdout


def test_config_names_the_source_of_each_option(world):
    told = nidia(world, "config").stdout
    assert str(world.server.data) in told and "default" in told


def test_the_version_is_the_newest_of_what_is_new():
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (TOP / "CHANGELOG.md").read_text(), re.M)[1]
    for words in (["version"], ["--version"]):
        assert subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=True).stdout == f"nidia {newest}\n"


def test_commands_by_themselves_take_the_lock(engine):
    with World(engine) as world:
        assert world.server.stop() == 0
        made = json.loads(nidia(world, "tenant", "create", "a-solas", "A solas", "pagos@solas.test", "--json").stdout)
        assert made["is_active"], made
        assert "a-solas" in nidia(world, "tenant", "list").stdout
        assert json.loads(nidia(world, "tenant", "backup", "--all", "--json").stdout) == {"total": 1, "done": 1, "failed": 0}
        world.start_again()
        assert world.admin.get("/tenants/a-solas").json["is_active"]


def test_demo_tenants_are_always_the_same(engine):
    def seeded():
        with World(engine) as world:
            assert world.server.stop() == 0
            nidia(world, "seed", "--demo", "8")
            world.start_again()
            tenants = world.admin.all_pages("/tenants?sort=created_at")
            for tenant in tenants:
                world.until_provisioned(tenant["id"], 60)
            people = world.admin.all_pages("/users?system_role=tenant_admin")
            return sorted((tenant["slug"], tenant["name"], tenant["plan_type"], tenant["billing_city"]) for tenant in tenants), \
                sorted(person["email"] for person in people)
    first = seeded()
    assert len(first[0]) == 8 and first[1] and first == seeded()


def said(*words):
    return subprocess.run([PROGRAM, *words], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def verbs_of(command):
    """Each with what stands behind it, as the help tells them."""
    return re.findall(rf"^  nidia {command} (\S+) ?(.*)\n      \S", said("help", command).stdout, re.MULTILINE)


def test_help_tells_every_verb_of_a_command_with_what_it_takes():
    commands = dict(re.findall(r"^  nidia (\S+) ?(.*)\n      \S", said("help").stdout, re.MULTILINE))
    told = {command: verbs_of(command) for command in commands}
    assert {command for command in told if told[command]} >= {"tenant", "fleet", "domain", "host", "provider", "admin", "session", "api-key", "key"}
    for command, verbs in told.items():
        names = "|".join(name for name, _ in verbs)
        if verbs:
            assert commands[command] == names and said(command).stderr == f"nidia: {command} {names}\n"
        assert (asked := said(command, "--help")).returncode == 0 and asked.stdout == said("help", command).stdout, asked
        for name, takes in verbs[:1]:
            asked = said(command, name, "--help")
            assert asked.returncode == 0 and asked.stdout.startswith(f"  nidia {command} {name} {takes}".rstrip() + "\n      "), asked
            assert asked.stdout == said("help", command, name).stdout and asked.stdout in said("help", command).stdout
        for name, takes in verbs:
            wrong = said(command, name, *"abcdefghi")
            assert wrong.returncode == 2 and wrong.stderr == (f"nidia: {command} {name} {takes}\n" if takes else "nidia: a is not understood here\n")
    known = set(re.findall(r'"(--[a-z-]+)"', "".join(path.read_text() for path in (TOP / "src/main").glob("*.c"))))
    in_help = set(re.findall(r"--[a-z-]+", "".join(takes for verbs in told.values() for _, takes in verbs) + "".join(commands.values())))
    assert known - in_help == {"--help", "--json", "--version"}, known ^ in_help
