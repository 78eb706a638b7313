"""Guessing passwords with the tool that is used for it: hydra gets in nowhere, and keeps nobody out (IDENTITY.md, Throttling)."""

import subprocess

from harness import PASSWORD
from server import pause

WRONG = 30  # guesses before the right one, three times what an hour allows


def hydra(world, email, folder, wrong):
    """hydra at one account with a list whose last word is right; ends by itself within seconds."""
    words = folder / "words"
    words.write_text("".join(f"guess-number-{number:04}\n" for number in range(wrong)) + PASSWORD + "\n")
    form = (r'/api/v1/auth/login:{"email"\:"%s","password"\:"^PASS^"}:g=:H=Content-Type\: application/json:S=access_token'
            % email)
    return subprocess.Popen(
        ["hydra", "-I", "-q", "-t", "4", "-w", "10", "-l", "owner", "-P", str(words), "-s", str(world.server.port), "127.0.0.1",
         "http-post-form", form], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def failures_of(world, user):
    """How many guesses came as far as the hash."""
    return len(world.admin.all_pages(f"/audit_logs?action=sign_in_failed&entity_id={user['id']}"))


def sign_in(world, email, **headers):
    elsewhere = world.visitor.twin(source="127.0.0.14")
    return elsewhere.request("POST", "/auth/login", {"email": email, "password": PASSWORD}, None, headers)


def test_hydra_neither_gets_in_nor_keeps_the_owner_out(world):
    folder = world.server.data.parent
    user = world.new_user("support")
    device = "; ".join(cookie.split(";")[0] for cookie in sign_in(world, user["email"]).headers.get_all("Set-Cookie"))
    attack = hydra(world, user["email"], folder, WRONG)
    is_over = False
    while not is_over:  # once more when it is: his account is as it left it
        is_over = attack.poll() is not None
        assert sign_in(world, user["email"], Cookie=device).status == 200
        pause(0.3)
    told = attack.communicate(timeout=60)[0]
    assert "0 valid password" in told and PASSWORD not in told, told
    assert 0 < failures_of(world, user) <= 10, f"{failures_of(world, user)}\n{told}"
    assert sign_in(world, user["email"]).status == 429


def test_hydra_would_get_in_if_nothing_slowed_it_down(world):
    world.admin.patch("/system_settings/sign_ins_per_account", {"value": 10000})
    world.admin.patch("/system_settings/sign_ins_per_address", {"value": 100000})
    email = world.new_user("support")["email"]
    told = ""
    for _ in range(5):  # hydra may end before its last worker has told it ("did not complete until end")
        told = hydra(world, email, world.server.data.parent, 5).communicate(timeout=60)[0]
        if "1 valid password" in told:
            break
    assert PASSWORD in told and "1 valid password" in told, told
