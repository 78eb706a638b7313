#!/bin/sh
# Compares what is derived from the model with tests/golden/: tests/golden.sh BUILD [--accept]
# A change of the model shows in review as a change of these files; --accept writes them anew.
set -u
cd "$(dirname "$0")/.." || exit 2
golden=$1/tests/golden/golden
accept=${2:-}

passed=0 failed=0
now=$(mktemp)
trap 'rm -f "$now"' EXIT
while read -r what file; do
    if ! "$golden" "$what" >"$now"; then
        failed=$((failed + 1))
    elif [ "$accept" = --accept ]; then
        cp "$now" "tests/golden/$file"
        passed=$((passed + 1))
    elif diff -u "tests/golden/$file" "$now"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done <<FILES
ddl-sqlite sqlite.sql
ddl-postgres postgres.sql
visibility visibility.txt
openapi openapi.json
FILES
echo "$passed passed, $failed failed"
[ $failed = 0 ]
