#!/bin/sh
# The sanitizer builds are worth something only if they fail on a defect: each planted one must be reported.
cd "$(dirname "$0")/.." || exit 2
tools/build.sh asan && tools/build.sh tsan || exit 1
still=
! setarch -R true 2>/dev/null || still='setarch -R'

passed=0 failed=0
while read -r build defect report; do
    if output=$($still "build-$build/tools/planted/$defect" 2>&1); then
        echo "$build: $defect went by unnoticed"
        failed=$((failed + 1))
    elif ! echo "$output" | grep -q "$report"; then
        echo "$build: $defect was not reported as $report:"
        echo "$output"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
done <<DEFECTS
asan heap_overflow heap-buffer-overflow
asan signed_overflow signed integer overflow
tsan data_race data race
DEFECTS
echo "$passed passed, $failed failed"
[ $failed = 0 ]
