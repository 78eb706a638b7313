#!/bin/sh
# Tells each C file that clang-format would change.
cd "$(dirname "$0")/.." || exit 2
find src tests tools -name '*.[ch]' | sort | (
    code=0
    while read -r file; do
        clang-format "$file" | cmp -s - "$file" || { echo "$file: run clang-format -i"; code=1; }
    done
    exit $code
)
