"""A POST that is sent again does nothing again (API.md, Idempotency-Key)."""

import secrets
import threading

from client import new_key


def plan_body():
    word = secrets.token_hex(4)
    return {"name": f"plan-{word}", "display_name": word, "max_users": 1, "max_storage_gb": 1}


def test_the_first_answer_comes_again(world):
    key, body = new_key(), plan_body()
    first = world.admin.post("/plans", body, 201, Idempotency_Key=key)
    again = world.admin.post("/plans", body, 201, Idempotency_Key=key)
    assert again.json == first.json and again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"] and "Idempotency-Replayed" not in first.headers


def test_other_content_under_the_same_key_is_refused(world):
    key = new_key()
    world.admin.post("/plans", plan_body(), 201, Idempotency_Key=key)
    assert world.admin.post("/plans", plan_body(), 422, Idempotency_Key=key).code == "idempotency_differs"


def test_a_refusal_is_not_kept(world):
    key, body = new_key(), plan_body()
    world.admin.post("/plans", {**body, "max_users": 0}, 422, Idempotency_Key=key)
    world.admin.post("/plans", body, 201, Idempotency_Key=key)


def test_a_key_is_its_senders_alone(world):
    key, body = new_key(), plan_body()
    world.admin.post("/plans", body, 201, Idempotency_Key=key)
    assert world.sign_in_as("billing_admin").post("/plans", body, 409, Idempotency_Key=key).code == "taken"


def test_of_many_at_once_one_does_it(world):
    key, body = new_key(), plan_body()
    replies, gate = [], threading.Barrier(16)

    def send(client):
        gate.wait()
        replies.append(client.post("/plans", body, (201, 409), Idempotency_Key=key))

    threads = [threading.Thread(target=send, args=(world.admin.twin(),)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 16
    made = [reply.json["id"] for reply in replies if reply.status == 201]
    assert made and len(set(made)) == 1
    assert all(reply.code == "idempotency_running" for reply in replies if reply.status == 409)
    assert len(world.admin.get(f"/plans?name={body['name']}").json["data"]) == 1


def test_a_malformed_key_is_refused(world):
    for key in ("", "x" * 300, "with space inside"):
        reply = world.admin.request("POST", "/plans", plan_body(), None, {"Idempotency-Key": key})
        assert reply.status == (201 if key == "" else 400), f"{key[:20]!r}: {reply}"


def test_a_secret_that_was_shown_once_is_shown_again_to_the_retry_alone(world):
    key = new_key()
    body = {"name": "product", "scopes": ["directory"]}
    first = world.admin.post("/api_keys", body, 201, Idempotency_Key=key).json
    assert world.admin.post("/api_keys", body, 201, Idempotency_Key=key).json["key"] == first["key"]
    world.sign_in_as("support").post("/api_keys", body, 403, Idempotency_Key=key)
