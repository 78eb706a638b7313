#!/bin/sh
# Shellcheck over every shell script, found by its first line.
cd "$(dirname "$0")/.." || exit 2
find . -path './build*' -prune -o -path ./.git -prune -o -path '*/node_modules' -prune -o -type f -size -64k -print |
    while read -r file; do
        head -n 1 "$file" | grep -aqE '^#!.*\b(ba)?sh$' && printf '%s\0' "$file"
    done | xargs -0 shellcheck --external-sources
