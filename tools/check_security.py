#!/usr/bin/python3
"""docs/SECURITY.md says what is so: every requirement of the list stands in it once, in order, with tests that exist; its
settings have the values that it tells, its ways in are those that give tokens, its algorithms those that are used.

Each check is tried on a document with one planted mistake, too, which it must see."""

import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
# How many requirements of levels 1 and 2 each section of OWASP ASVS 5.0 has that this page is about.
SECTIONS = {"6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
            "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4,
            "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
            "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3}
REQUIREMENTS = [f"{section}.{number + 1}" for section, count in SECTIONS.items() for number in range(count)]
OUTDATED = {
    "outdated or home-made": r"\bEVP_(md5|sha1|md4|ripemd160|des|rc4|bf_|aes_\d+_(ecb|cbc))|RSA_PKCS1_PADDING|\b(MD5|SHA1|AES)_\w+\(",
    "no generator for secrets": r"\b(rand|srand|random|srandom|drand48|rand_r)\(",
    "a shell": r"\b(system|popen|execlp|execvp)\(",
}


def read(path):
    return (TOP / path).read_text()


def sources():
    return {path: path.read_text() for path in sorted((TOP / "src").rglob("*.[ch]"))}


def section(page, title):
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(page, title):
    """What stands in `this` in the first column of the section's table."""
    return [name for cell in re.findall(r"^\| (`.*?) \|", section(page, title), re.M) for name in re.findall(r"`([^`]+)`", cell)]


def differing(what, used, told):
    yield from (f"{what} {name!r} is {'not told' if name in used else 'told, and nowhere used'}" for name in sorted(used ^ told))


def rows(page):
    return re.findall(r"^\| (\d+\.\d+\.\d+) \| [^|]+ \| ([^|]+) \|$", page, re.M)


def check_requirements(page):
    told = [name for name, _ in rows(page)]
    for name in REQUIREMENTS:
        if told.count(name) != 1:
            yield f"requirement {name} stands {told.count(name)} times"
    if told != [name for name in REQUIREMENTS if name in told]:
        yield "the requirements are not in their order, or others stand among them"


def is_there(test):
    unit = re.fullmatch(r"(\w+_test\.c):(\w+)", test)
    if unit:
        path = TOP / "tests/unit" / unit[1]
        return path.exists() and re.search(rf"^TEST\w*\({unit[2]}[),]", path.read_text(), re.M)
    story = re.fullmatch(r"(test_\w+)\.(test_\w+)", test)
    if story:
        path = TOP / "tests/e2e" / f"{story[1]}.py"
        return path.exists() and re.search(rf"^def {story[2]}\(", path.read_text(), re.M)
    return test.startswith("tools/") and (TOP / test).exists() and test in read("tests/parts")


def check_tests(page):
    for name, shown in rows(page):
        tests = re.findall(r"`([^`]+)`", shown)
        yield from (f"{name}: there is no test {test}" for test in tests if not is_there(test))
        if not tests and shown != "not yet" and not re.match(r"not applicable: \w", shown):
            yield f"{name} is shown by nothing: {shown}"


def check_settings(page):
    initial = dict(re.findall(r"^SETTING\((\w+), \w+, (\d+),", read("src/settings/settings.def"), re.M))
    told = re.findall(r"`(\w+) = (\d+)`", page)
    yield from (f"{name} is {initial.get(name)} initially, not {value}" for name, value in told if initial.get(name) != value)


def gives_tokens(operation):
    return "schemas/token_grant" in json.dumps(operation["responses"])


def check_ways_in(page):
    paths = json.loads(read("tests/golden/openapi.json"))["paths"]
    operations = [operation for path in paths.values() for operation in path.values() if isinstance(operation, dict)]
    gives = {operation["operationId"] for operation in operations if gives_tokens(operation)}
    return differing("the way in", gives, set(first_cells(page, "Ways in")))


def check_algorithms(page):
    inventory = section(page, "Cryptography")
    for path, text in sources().items():
        for name in re.findall(r'EVP_\w+_fetch\(NULL, "([^"]+)"', text):
            if f"`{name}`" not in inventory:
                yield f"{path.name} uses {name}, which is not in the inventory"
        if path.parent.name not in ("crypto", "net") and re.search(r"\bEVP_\w+\(|\bcrypt_\w+\(", text):
            yield f"{path.relative_to(TOP)} hashes or seals by itself"


def check_outdated(_):
    for path, text in sources().items():
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        for what, pattern in OUTDATED.items():
            yield from (f"{path.relative_to(TOP)}: {what}: {found[0]}" for found in re.finditer(pattern, code))


def matches(pattern):
    return {name for text in sources().values() for name in re.findall(pattern, text)}


def check_log(page):
    return differing("the line", matches(r'\bLOG\(\w+,\s*"([^"]+)"'), set(first_cells(page, "What is logged")) - {"message"})


def check_audit(page):
    actions = matches(r'\.action = (?:[^",;]*\? )?"(\w+)"') | matches(r'\baudit(?:_end)?\(work, [^";]*?"(\w+)"')
    return differing("the audit record", actions, set(first_cells(page, "What is audited")) - {"action"})


def check_sinks(_):
    for path, text in sources().items():
        if re.search(r"\bfprintf\(stderr|\bsyslog\(", text) and path.parent.name not in ("main", "base"):
            yield f"{path.relative_to(TOP)} writes beside the log"


def check_hints(_):
    contract = read("tests/golden/openapi.json")
    yield from (f"the API knows a {word}" for word in ("password_hint", "secret_question", "security_question") if word in contract)


CHECKS = [check_requirements, check_tests, check_settings, check_ways_in, check_algorithms, check_outdated, check_log, check_audit, check_sinks, check_hints]
# What replaces what, and which check must see it.
PLANTED = [
    (check_requirements, r"^\| 7\.2\.3 .*\n", ""),
    (check_requirements, r"^\| 9\.1\.1 ", "| 9.1.9 "),
    (check_tests, r"`test_users\.test_a_new_password_replaces_the_old_one`", "`test_users.test_a_new_password_replaces_nothing`"),
    (check_tests, r"`crypto_test\.c:sealing_is_aes_256_gcm`", "`crypto_test.c:sealing_is`"),
    (check_tests, r"not applicable: no SAML", "perhaps"),
    (check_settings, r"`lock_minutes = \d+`", "`lock_minutes = 1`"),
    (check_ways_in, r"^\| `refresh` .*\n", ""),
    (check_algorithms, r"`AES-256-GCM`", "some cipher"),
    (check_log, r"`key_lost`", "`key_found`"),
    (check_audit, r"`step_up` \| coming", "`step_down` | coming"),
]


def main():
    page = read("docs/SECURITY.md")
    failed = 0
    for check in CHECKS:
        faults = list(check(page))
        failed += bool(faults)
        print("".join(f"{fault}\n" for fault in faults), end="")
    for check, pattern, replacement in PLANTED:
        spoiled, count = re.subn(pattern, replacement, page, flags=re.M)
        if not count or not list(check(spoiled)):
            print(f"{check.__name__} does not see {pattern!r} become {replacement!r}")
            failed += 1
    print(f"{len(CHECKS) + len(PLANTED) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
