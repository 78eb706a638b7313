#!/bin/sh
# The OpenAPI document that the program derives from its model and routes: Redocly must find nothing in it, not even a
# warning.
set -eu
cd "$(dirname "$0")/.."
tools/build.sh release nidia
mkdir -p build-test
build/nidia openapi >build-test/openapi.json
tools/redocly.sh lint --format=json build-test/openapi.json >build-test/redocly.json 2>build-test/redocly.log || true
jq -e '.totals.errors == 0 and .totals.warnings == 0' build-test/redocly.json >/dev/null || {
    jq -r '.problems[:40][] | "\(.severity) \(.ruleId) \(.location[0].pointer // ""): \(.message)"' build-test/redocly.json ||
        cat build-test/redocly.log
    exit 1
}
