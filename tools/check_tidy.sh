#!/bin/sh
# clang-tidy over src, on all cores. A file is looked at again only when it, a header of ours that it includes, or the
# rules have changed: what passed is remembered in build-test/tidy by its checksum. Called by itself with a source and
# the headers that it includes.
set -eu
cd "$(dirname "$0")/.."
passed=build-test/tidy
mkdir -p "$passed"

if [ $# -eq 0 ]; then
    tools/build.sh clang
    # What each source includes, as the compiler told ninja.
    ninja -C build-clang -t deps | awk '
        /^ / { if ($1 ~ /^[.][.]\/src\//) line = line separator substr($1, 4); separator = " "; next }
        { if (line ~ /^src/) print line; line = separator = "" }
        END { if (line ~ /^src/) print line }' | sort -u | xargs -P "$(nproc)" -L 1 "$0"
    exit
fi

sum=$(cat .clang-tidy build-clang/.options "$@" | sha256sum | cut -c1-64)
[ -e "$passed/$sum" ] || {
    clang-tidy --quiet -p build-clang "$1" 2>/dev/null
    : >"$passed/$sum"
}
