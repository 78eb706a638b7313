#!/bin/sh
# Replays the seeds of every fuzz target and fuzzes on from them: tests/fuzz.sh [SECONDS [TARGET]], SECONDS for each
# target. What makes one fail is kept in build-fuzz/found; put into tests/fuzz/corpus/TARGET it is replayed for ever.
set -u
cd "$(dirname "$0")/.." || exit 2
seconds=${1:-$([ "${NIDIA_TEST_LONG:-0}" = 1 ] && echo 120 || echo 5)}

tools/build.sh fuzz || exit 1
mkdir -p build-fuzz/found
passed=0 failed=0
for program in build-fuzz/tests/fuzz/*"${2:-}"*_fuzz; do
    name=$(basename "$program" _fuzz)
    # What this machine found before is begun from too; only seeds are in the repository.
    mkdir -p "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name"
    echo "== $name"
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=4096 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/found/$name-" "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
