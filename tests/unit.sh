#!/bin/sh
# Runs the unit tests of one build, of all files or of those whose name contains FILE: tests/unit.sh asan|tsan [FILE]
# A database is needed: tests/postgres.sh tests/unit.sh asan
set -u
cd "$(dirname "$0")/.." || exit 2

# The thread sanitizer of gcc 12 cannot start where the kernel scatters memory too widely.
still=
[ "$1" != tsan ] || ! setarch -R true 2>/dev/null || still='setarch -R'

# A server that answers nobody for three seconds is away: here it has no time, while so much else runs.
[ -z "${NIDIA_TEST_POSTGRES:-}" ] || export NIDIA_TEST_POSTGRES="$NIDIA_TEST_POSTGRES?connect_timeout=60"

tools/build.sh "$1" || exit 1
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export results still
# Each program's output and exit code are kept under its name; as many run at once as there are cores, and not more than
# the one cluster has connections for.
at_once=$(nproc)
[ "$at_once" -le 16 ] || at_once=16
# shellcheck disable=SC2016  # expanded by the inner shell
find "build-$1/tests/unit" -maxdepth 1 -name "*${2:-}*_test" -type f | sort | xargs -P "$at_once" -I '{}' sh -c '
    $still "{}" >"$results/$(basename "{}")" 2>&1
    echo $? >>"$results/$(basename "{}")"'

passed=0 failed=0
for result in "$results"/*_test; do
    code=$(tail -n 1 "$result")
    counts=$(tail -n 2 "$result" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')
    if [ "$code" != 0 ] || [ -z "$counts" ]; then
        echo "== $(basename "$result") (exit $code)"
        sed '$d' "$result"
    fi
    # A program that a sanitizer or a signal ended has failed once more than it counted.
    [ -n "$counts" ] || counts='0 1'
    [ "$code" = 0 ] || [ "${counts#* }" != 0 ] || counts="${counts% *} 1"
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
