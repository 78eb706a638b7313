#!/bin/sh
# Replays the seeds of every fuzz target and fuzzes on from them: tests/fuzz.sh [SECONDS [TARGET]], SECONDS for each
# target. What makes one fail is kept in build-fuzz/found; put into tests/fuzz/corpus/TARGET it is replayed for ever.
# A target without seeds fails. Each run goes the same way, but for those with NIDIA_TEST_LONG=1 or SECONDS: those look
# elsewhere each time.
set -u
cd "$(dirname "$0")/.." || exit 2
seconds=${1:-$([ "${NIDIA_TEST_LONG:-0}" = 1 ] && echo 120 || echo 3)}
[ $# -gt 0 ] || [ "${NIDIA_TEST_LONG:-0}" = 1 ] && seed=0 || seed=1

tools/build.sh fuzz || exit 1
mkdir -p build-fuzz/found
passed=0 failed=0
# As many at once as there are cores; what each says is kept, and told if it fails.
# shellcheck disable=SC2016  # expanded by the inner shell
find build-fuzz/tests/fuzz -maxdepth 1 -name "*${2:-}*_fuzz" | sort | seconds=$seconds seed=$seed xargs -P "$(nproc)" -I '{}' sh -c '
    name=$(basename "{}" _fuzz)
    # What this machine found before is begun from too; only seeds are in the repository.
    mkdir -p "build-fuzz/corpus/$name"
    if [ -z "$(ls "tests/fuzz/corpus/$name" 2>/dev/null)" ]; then
        echo "tests/fuzz/corpus/$name has no seeds" >"build-fuzz/$name.log"
        echo 1 "$name"
        exit
    fi
    "{}" "-seed=$seed" "-max_total_time=$seconds" -timeout=60 -rss_limit_mb=1024 -max_len=4096 -verbosity=0 -print_final_stats=1 \
        "-artifact_prefix=build-fuzz/found/$name-" "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1
    echo $? "$name"' >build-fuzz/results
while read -r code name; do
    if [ "$code" = 0 ]; then
        passed=$((passed + 1))
    else
        echo "== $name"
        cat "build-fuzz/$name.log"
        failed=$((failed + 1))
    fi
done <build-fuzz/results
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
