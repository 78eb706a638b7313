#!/usr/bin/python3
"""Runs the stories on all cores, which wait about as long as they work: tests/e2e/side_by_side.py ENGINE [part of MODULE.TEST ...].

Each runner is a run.py that is handed one module after the other; on PostgreSQL it has a cluster of its own, so that
a story that stops the cluster stops nobody else's. What a module says is printed when it has ended.
"""

import os
import pathlib
import subprocess
import sys
import threading
from collections import Counter

from run import END, TOP

HERE = pathlib.Path(__file__).parent
RUNNERS_MAX = 8  # however many cores: each has a cluster, in the memory of tests/in_memory.sh
# The longest first, so that no runner ends long after the others; what stands here in no way is no error.
LONGEST = ["test_moves", "test_domains", "test_copies", "test_hosts", "test_sso", "test_faults", "test_operations", "test_handover",
           "test_live_nodes", "test_keyring", "test_fleet_migrations", "test_nodes", "test_jobs", "test_walk", "test_attacks",
           "test_full_disks"]


def order(name):
    return (LONGEST.index(name) if name in LONGEST else len(LONGEST), name)


class Runner:
    def __init__(self, engine, filters):
        command = [sys.executable, str(HERE / "run.py"), engine, "--handed", *filters]
        if engine == "postgres":
            command.insert(0, str(TOP / "tests" / "postgres.sh"))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self, module):
        """What it said, and its counts; a runner that died has failed."""
        said = []
        try:
            self.process.stdin.write(module + "\n")
            for line in self.process.stdout:
                if line.startswith(END):
                    passed, failed, skipped = map(int, line[len(END):].split())
                    return said, Counter(passed=passed, failed=failed, skipped=skipped)
                said.append(line)
        except BrokenPipeError:
            pass
        return [*said, f"FAILED {module}: its runner died\n"], Counter(failed=1)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def work(runner, modules, lock, total):
    while True:
        with lock:
            if not modules:
                return
            module = modules.pop(0)
        said, counts = runner.run(module)
        with lock:
            total.update(counts)
            print("".join(said), end="", flush=True)


def main():
    if "NIDIA_TEST_PROGRAM" not in os.environ:
        subprocess.run([TOP / "tools" / "build.sh", "asan", "nidia"], check=True)
        os.environ["NIDIA_TEST_PROGRAM"] = str(TOP / "build-asan" / "nidia")
    modules = sorted((path.stem for path in HERE.glob("test_*.py")), key=order)
    lock, total = threading.Lock(), Counter()
    runners = [Runner(sys.argv[1], sys.argv[2:]) for _ in range(min(RUNNERS_MAX, 1 + (os.cpu_count() or 1)))]
    threads = [threading.Thread(target=work, args=(runner, modules, lock, total)) for runner in runners]
    for thread in threads:
        thread.start()
    for thread, runner in zip(threads, runners):
        thread.join()
        runner.end()
    print(f"{total['passed']} passed, {total['failed']} failed" + (f", {total['skipped']} skipped" if total["skipped"] else ""))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
