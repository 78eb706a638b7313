#!/bin/sh
# Replays the seeds of every fuzz target and fuzzes on from them: tests/fuzz.sh [SECONDS [TARGET]], SECONDS for each
# target. What makes one fail is kept in build-fuzz/found; put into tests/fuzz/corpus/TARGET it is replayed for ever.
# A target without seeds fails. Each run tries the same inputs, however fast the machine is and whatever it found before
# (but for what goes between threads); those with NIDIA_TEST_LONG=1 or SECONDS look elsewhere each time, and go on from it.
set -u
cd "$(dirname "$0")/.." || exit 2
if [ $# -gt 0 ] || [ "${NIDIA_TEST_LONG:-0}" = 1 ]; then
    how="-seed=0 -max_total_time=${1:-120}" corpus=build-fuzz/corpus still=
else
    how='-seed=1 -runs=30000 -reload=0' corpus=build-fuzz/passing still=
    ! setarch -R true 2>/dev/null || still='setarch -R' # what is tried follows from addresses too
    rm -rf "$corpus"
fi
export how corpus still

tools/build.sh fuzz || exit 1
mkdir -p build-fuzz/found
passed=0 failed=0
# As many at once as there are cores; what each says is kept, and told if it fails.
# shellcheck disable=SC2016  # expanded by the inner shell
find build-fuzz/tests/fuzz -maxdepth 1 -name "*${2:-}*_fuzz" | sort | xargs -P "$(nproc)" -I '{}' sh -c '
    name=$(basename "{}" _fuzz)
    mkdir -p "$corpus/$name"
    if [ -z "$(ls "tests/fuzz/corpus/$name" 2>/dev/null)" ]; then
        echo "tests/fuzz/corpus/$name has no seeds" >"build-fuzz/$name.log"
        echo 1 "$name"
        exit
    fi
    $still "{}" $how -timeout=60 -rss_limit_mb=1024 -max_len=4096 -verbosity=0 -print_final_stats=1 \
        "-artifact_prefix=build-fuzz/found/$name-" "$corpus/$name" "tests/fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1
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
