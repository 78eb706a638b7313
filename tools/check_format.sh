#!/bin/sh
# Tells each place in the C files that clang-format would change.
cd "$(dirname "$0")/.." || exit 2
find src tests tools -name '*.[ch]' | sort | xargs -P "$(nproc)" -n 32 clang-format --dry-run --Werror
