"""The key ring changes while the program serves: nothing is lost, and what would be is told (IDENTITY.md, Secrets at rest)."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

from harness import PASSWORD
from server import until
from test_commands import nidia
from test_handover import Load, Managing

KEPT_REPLIES = 1150  # more than are sealed anew in one run, so that a kill falls between two


class Keeping(Managing):
    def key(self, *words, expect=0):
        return nidia(self, "key", *words, expect=expect)

    def keys(self):
        """By purpose, as the ring has them: the current one first."""
        listed = json.loads(self.key("list", "--json").stdout)["data"]
        return {purpose: [key for key in listed if key["purpose"] == purpose] for purpose in ("seal", "pepper", "sign", "cookie")}

    def add(self, purpose):
        return json.loads(self.key("add", purpose, "--json").stdout)["id"]

    def run(self, sql):
        if self.database:
            return self.engine.run(sql, self.database)
        with sqlite3.connect(self.server.data / "superadmin.db", timeout=30) as connection:
            return connection.execute(sql).fetchall()

    def count_under(self, key_id):
        """Replies that are kept, sealed under it."""
        return self.run(f"SELECT count(*) FROM idempotency_keys WHERE body LIKE 'v1.{key_id}.%'")[0][0]


def published(world):
    return [key["kid"] for key in world.outside.get("/.well-known/jwks.json").json["keys"]]


def passwords_under_others(world, key_id):
    return world.run(f"SELECT count(*) FROM tenants WHERE db_password_encrypted NOT LIKE 'v1.{key_id}.%'")[0][0]


def test_all_keys_are_rotated_while_it_serves(engine):
    with Keeping(engine) as world:
        world.new_tenant()
        person = world.new_user("support")
        before = {purpose: keys[0]["id"] for purpose, keys in world.keys().items()}
        after = {purpose: world.add(purpose) for purpose in before}
        load = Load(world)  # with a token of before
        try:
            world.hand_over()
            assert published(world) == [before["sign"], after["sign"]]  # known before it signs
            for purpose in before:
                world.key("rotate", purpose)
            world.hand_over()
            assert published(world) == [after["sign"], before["sign"]]
            assert world.sign_in(person["email"], PASSWORD).user["id"] == person["id"]
            until(lambda: passwords_under_others(world, after["seal"]) == 0, 20, "the tenant's password sealed anew")
        finally:
            load.end()
            world.forget_connection()
        assert not load.faults and load.answered, f"{len(load.faults)} of {load.answered}: {load.faults[:5]}"

        world.key("retire", "seal", before["seal"])
        refused = world.key("retire", "pepper", before["pepper"], expect=1).stderr
        assert "1 of users.password_hash" in refused and "sign-in" in refused, refused
        assert "tokens that it signed" in world.key("retire", "sign", before["sign"], expect=1).stderr
        assert "sessions" in world.key("retire", "cookie", before["cookie"], expect=1).stderr
        assert "current" in world.key("retire", "cookie", after["cookie"], expect=1).stderr
        world.hand_over()
        assert [key["id"] for key in world.keys()["seal"]] == [after["seal"]]
        nidia(world, "doctor")


def keep_replies(world, count):
    """Each POST with a key leaves its reply, sealed."""
    def post(numbers):
        client = world.admin.twin()
        for number in numbers:
            client.post("/system_settings", {"key": f"kept-{number}", "value": number}, 201, Idempotency_Key=f"kept-{number}")
        client.close()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(post, [range(start, count, 8) for start in range(8)]))


def test_killed_while_it_seals_anew_it_goes_on(engine):
    with Keeping(engine) as world:
        keep_replies(world, KEPT_REPLIES)
        old, new = world.keys()["seal"][0]["id"], world.add("seal")
        world.key("rotate", "seal", new)
        assert f"{KEPT_REPLIES} of idempotency_keys.body" in world.key("retire", "seal", old, expect=1).stderr
        world.hand_over()
        until(lambda: world.count_under(new) > 0, 20, "the first of it")
        world.kill()
        left = world.count_under(old)
        assert left > 0, "it was done before it could be killed"
        world.server.start()
        until(lambda: world.count_under(old) == 0, 60, "the rest of it")
        world.key("retire", "seal", old)
        world.hand_over()
        reply = world.admin.post("/system_settings", {"key": "kept-7", "value": 7}, 201, Idempotency_Key="kept-7")
        assert reply.headers["Idempotency-Replayed"] == "true" and reply.json["key"] == "kept-7"


def test_a_lost_key_is_told_at_the_start(engine):
    with Keeping(engine) as world:
        world.new_tenant()
        ring = world.server.data / "keyring"
        whole, lost = ring.read_text(), {}
        for purpose in ("seal", "pepper"):
            lost[purpose] = world.keys()[purpose][0]["id"]
            world.add(purpose)
            world.key("rotate", purpose)
            world.key("retire", purpose, lost[purpose], "--lose")
        assert world.server.stop() == 0
        world.server.start()
        told = [line for line in map(json.loads, world.server.log_lines()) if line["message"] == "key_lost"]
        assert {(line["key"], line["cannot_be_opened"]) for line in told} >= {
            (lost["seal"], "tenants.db_password_encrypted"), (lost["pepper"], "users.password_hash")}, told
        found = nidia(world, "doctor", expect=1).stdout
        assert f"tenants.db_password_encrypted, which are under the seal key {lost['seal']} that the ring has not" in found, found
        assert any(key["id"] == lost["seal"] and key["state"] == "lost" for key in world.keys()["seal"])
        ring.write_text(whole)
        world.hand_over()
        nidia(world, "doctor")
