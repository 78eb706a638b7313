#!/usr/bin/python3
"""Runs the stories: tests/e2e/run.py ENGINE [part of MODULE.TEST ...]; the last line is "N passed, N failed",
and ", N skipped" behind it where a story could not be told here, as its SkipTest says.

A story is a function test_…; its parameters say what it needs: `world`, the module's server, and `browser`, a Chromium,
both shared by its stories in their order; `engine`, to make servers of its own. A module for one engine alone says so: ENGINES = ("postgres",).
PostgreSQL: tests/postgres.sh tests/e2e/run.py postgres
"""

import contextlib
import importlib
import inspect
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from unittest import SkipTest

from chromium import Chromium
from contract import Contract
from harness import ENGINES, LONG, World
from server import TOP

SLOW_S = 15
HANGS_S = 3600 if LONG else 300
END = "\0"  # before the counts of a module that was handed over


def stories(module, filters):
    for name, function in list(vars(module).items()):
        if name.startswith("test_") and (not filters or any(part in f"{module.__name__}.{name}" for part in filters)):
            yield name, function


@contextlib.contextmanager
def ending_in_time():
    """A story that waits for ever fails, and says where it waits."""
    def end(*_):
        raise TimeoutError(f"not over after {HANGS_S} s")
    signal.signal(signal.SIGALRM, end)
    signal.alarm(HANGS_S)
    try:
        yield
    finally:
        signal.alarm(0)


@contextlib.contextmanager
def keeping_to_the_contract():
    Contract.broken.clear()
    yield
    assert not Contract.broken, Contract.broken[:3]


class Shared:
    """What a module's stories share, made by the first one that asks for it."""

    def __init__(self, make):
        self.make, self.thing = make, None

    def get(self):
        if not self.thing:
            self.thing = self.make().__enter__()
        return self.thing

    def end(self):
        if self.thing:
            self.thing.__exit__(None, None, None)


def tell(where, error, world):
    print(f"FAILED {where}")
    for line in short_trace(error):
        print(f"    {line.rstrip()}")
    if world:
        print("    the server's last words:")
        print("    " + world.server.log_tail(8).replace("\n", "\n    "))


def short_trace(error):
    """What failed first comes first: what failed while that was cleaned up says little."""
    before = [] if error.__suppress_context__ or not error.__context__ else [*short_trace(error.__context__), "and meanwhile:"]
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/run.py" not in frame.filename]
    lines = [f"{pathlib.Path(frame.filename).name}:{frame.lineno}: {frame.line}" for frame in frames]
    return [*before, *lines, f"{type(error).__name__}: {error}"[:4000]]


def run_module(module, engine, filters):
    counts = Counter()
    world, browser = Shared(lambda: World(engine)), Shared(Chromium)
    givers = {"world": world.get, "browser": browser.get, "engine": lambda: engine}
    try:
        for name, function in stories(module, filters):
            started = time.monotonic()
            where = f"{engine.name}: {module.__name__}.{name}"
            try:
                with ending_in_time(), keeping_to_the_contract():
                    function(**{wanted: givers[wanted]() for wanted in inspect.signature(function).parameters})
                counts["passed"] += 1
            except SkipTest as reason:
                counts["skipped"] += 1
                print(f"skipped {where}: {reason}")
            except Exception as error:
                counts["failed"] += 1
                tell(where, error, world.thing)
            if time.monotonic() - started > SLOW_S:
                print(f"slow: {where} {time.monotonic() - started:.0f} s")
    finally:
        for name, shared in (("browser", browser), ("server", world)):
            try:
                shared.end()
            except Exception as error:
                counts["failed"] += 1
                tell(f"{engine.name}: {module.__name__}: the end of its {name}", error, None)
    return counts


def run_named(name, engine, filters):
    """None where there is nothing to run for this engine and these filters."""
    module = importlib.import_module(name)
    if engine.name not in getattr(module, "ENGINES", ENGINES) or not any(stories(module, filters)):
        return None
    started = time.monotonic()
    counts = run_module(module, engine, filters)
    print(f"{engine.name:9} {name:24} {counts['passed']:3} passed {counts['failed']:3} failed {time.monotonic() - started:6.1f} s")
    return counts


def run_handed(engine, filters):
    """Modules as side_by_side.py hands them over, each answered with a line of counts."""
    for line in sys.stdin:
        counts = run_named(line.strip(), engine, filters) or Counter()
        print(f"{END}{counts['passed']} {counts['failed']} {counts['skipped']}")
    return 0


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ENGINES:
        print(__doc__)
        return 2
    if "NIDIA_TEST_PROGRAM" not in os.environ:
        subprocess.run([TOP / "tools" / "build.sh", "asan", "nidia"], check=True)
    engine, filters = ENGINES[sys.argv[1]](), sys.argv[2:]
    sys.stdout.reconfigure(line_buffering=True)
    if "--handed" in filters:
        return run_handed(engine, [part for part in filters if part != "--handed"])
    total = Counter()
    for path in sorted(pathlib.Path(__file__).parent.glob("test_*.py")):
        total += run_named(path.stem, engine, filters) or Counter()
    print(f"{total['passed']} passed, {total['failed']} failed" + (f", {total['skipped']} skipped" if total["skipped"] else ""))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
