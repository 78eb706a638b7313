#!/bin/sh
# Builds one configuration of the program in its own folder: tools/build.sh release|asan|tsan|clang|fuzz [target ...]
# Prints nothing but what a compiler has to say. The folder is set up again when its options change.
set -eu
cd "$(dirname "$0")/.."

# The sanitizer builds do not stop at warnings: gcc 12 gives false ones under -fsanitize. What they would say the
# release and clang builds say.
case $1 in
release) compiler=gcc directory=build
    options='--buildtype=release -Doptimization=2 -Db_ndebug=true -Db_pie=true -Db_lto=true -Dtests=false' ;;
asan) compiler=gcc directory=build-asan
    options='-Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all -Dwerror=false' ;;
tsan) compiler=gcc directory=build-tsan
    options='-Db_sanitize=thread -Dwerror=false' ;;
clang) compiler=clang directory=build-clang
    options='' ;;
fuzz) compiler=clang directory=build-fuzz
    options='-Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all' ;;
*) echo "usage: tools/build.sh release|asan|tsan|clang|fuzz [target ...]" >&2; exit 2 ;;
esac
shift

stamp=$directory/.options
if [ "$(cat "$stamp" 2>/dev/null)" != "$compiler $options" ]; then
    rm -rf "$directory"
    # shellcheck disable=SC2086  # a list of words
    CC=$compiler meson setup "$directory" $options >/dev/null || { cat "$directory/meson-logs/meson-log.txt"; exit 1; }
    echo "$compiler $options" >"$stamp"
fi
ninja --quiet -C "$directory" "$@"
