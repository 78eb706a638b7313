"""Which passwords are taken, and that each is compared whole (IDENTITY.md, Passwords)."""

import hashlib
import subprocess

from client import Client, read_contract
from harness import World
from server import ADMIN_EMAIL, ADMIN_PASSWORD, Server, until


def set_password(world, user, password, status=204):
    return world.admin.post(f"/users/{user['id']}/set_password", {"password": password}, status)


def status_of_sign_in(world, user, password):
    return world.visitor.post("/auth/login", {"email": user["email"], "password": password}, (200, 401)).status


def test_any_characters_in_any_number_make_a_password(world):
    user = world.new_user("support")
    for password in ("brvtkqmzhwplsdxgnjcf", "tres tristes tigres trigo", "  con espacios al borde  ", "🐘🦜🌋🎻🧭🪁🥁🛶🏔🦥🌵🪕🧉🐚🎈",
                     "7394 1586 2047 9315", "ŁódźΑθήναМосква東京서울", "🐘" + "comer arroz con coco " * 3, "ñ" + "una frase que sigue y sigue; " * 4,
                     "".join(chr(0x1F300 + 7 * number % 255) for number in range(256))):
        set_password(world, user, password)
        assert status_of_sign_in(world, user, password) == 200, password
    assert set_password(world, user, "".join(chr(0x1F300 + 7 * number % 255) for number in range(257)), 422).faults == {
        "/password": "too_long"}


def test_a_password_is_compared_to_its_last_byte(world):
    user = world.new_user("support")
    password = "El Páramo de Sumapaz amanece frío, y a las seis ya huele a leña, a café y a tierra mojada; Andrés."
    assert len(password.encode()) > 100
    set_password(world, user, password)
    first = password.encode()[:72].decode()
    for other in (first, first + "y lo demás es otra cosa", password + " ", " " + password, password.lower(), password[:-1], ""):
        assert status_of_sign_in(world, user, other) == 401, other
    assert status_of_sign_in(world, user, password) == 200


def test_passwords_known_from_breaches_are_refused(engine):
    known = ["sombrero-vueltiao-2019", "tinto sin azucar por favor", *(f"some other password {number}" for number in range(500))]
    hashes = sorted(hashlib.sha1(password.encode()).hexdigest().upper() for password in known)
    world = World(engine)
    path = world.server.data.parent / "breached"
    world.server.options += ["--breached_passwords", str(path)]
    refused = subprocess.run(world.server.command(), env=world.server.starting_environment(), capture_output=True, timeout=60)
    assert refused.returncode != 0 and str(path).encode() in refused.stderr, refused
    path.write_text("".join(f"{line}:{number + 1}\r\n" for number, line in enumerate(hashes)))
    with world:
        user = world.new_user("support")
        for password in known[:2]:
            assert set_password(world, user, password, 422).faults == {"/password": "password_breached"}
        set_password(world, user, "tinto sin azucar por favoR")
        path.unlink()
        set_password(world, user, "otra cosa muy distinta 77", 500)


def test_there_is_no_password_from_the_beginning(engine):
    database = engine.new_database()
    server = Server(database)
    server.environment = {"NIDIA_ADMIN_PASSWORD": "", "NIDIA_ADMIN_EMAIL": ADMIN_EMAIL.title()}

    def status(email, password):
        return Client(server.port, read_contract(server.port)).post("/auth/login", {"email": email, "password": password}, (200, 401, 422)).status

    def printed():
        return [line for line in server.said_path.read_text().splitlines() if "shown this once" in line]
    try:
        server.start()
        [line] = until(printed, 20, "the first password")
        password = line.rsplit(": ", 1)[1]
        assert len(password) >= 20 and password not in server.log()
        for guess in ("admin", "password", "", "nidia", ADMIN_EMAIL, "superadmin", ADMIN_PASSWORD):
            assert status(ADMIN_EMAIL, guess) == 401, guess
        for name in ("root", "admin", "superadmin@nidia.test", "support@nidia.test"):
            assert status(name, name) in (401, 422), name
        assert status(ADMIN_EMAIL, password) == 200
        server.stop()
        server.start()
        assert len(printed()) == 1
        assert server.stop() == 0, server.log_tail()
    finally:
        server.remove()
        engine.drop_database(database)
