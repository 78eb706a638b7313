#!/bin/sh
# The OpenAPI document that the program derives from its model and routes: Redocly must find nothing in it, not even a
# warning, and neither must Spectral by the OWASP ruleset, but for what tools/openapi.spectral.yaml gives reasons for.
set -eu
cd "$(dirname "$0")/.."
tools/build.sh release nidia
folder=build-test/node/openapi # below the packages, where Spectral looks for its ruleset
mkdir -p "$folder"
build/nidia openapi >"$folder/openapi.json"
cp tools/openapi.spectral.yaml "$folder/spectral.yaml"

redocly() { # document: what it finds, a line each
    REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true tools/node.sh @redocly/cli/bin/cli.js lint --format=json "$1" \
        >"$folder/redocly.json" 2>"$folder/redocly.log" || true
    jq -r '.problems[:40][] | "\(.severity) \(.ruleId) \(.location[0].pointer // ""): \(.message)"' "$folder/redocly.json" ||
        cat "$folder/redocly.log"
}

spectral() { # document
    tools/node.sh @stoplight/spectral-cli/dist/index.js lint --quiet --format json --fail-severity hint \
        --ruleset "$folder/spectral.yaml" "$1" >"$folder/spectral.json" 2>"$folder/spectral.log" || true
    jq -r '.[:40][] | "\(.code) \(.path | map(tostring) | join("/")): \(.message)"' "$folder/spectral.json" ||
        cat "$folder/spectral.log"
}

passed=0 failed=0
expect() { # what is wanted (nothing, something), what was found, said where it is not so
    if { [ "$1" = nothing ] && [ -z "$2" ]; } || { [ "$1" = something ] && [ -n "$2" ]; }; then
        passed=$((passed + 1))
    else
        echo "$3"
        echo "$2"
        failed=$((failed + 1))
    fi
}

expect nothing "$(redocly "$folder/openapi.json")" 'Redocly finds:'
expect nothing "$(spectral "$folder/openapi.json")" 'Spectral finds:'
# They are worth something only if they fail on a defect.
mkdir -p "$folder/planted"
cp "$folder/spectral.yaml" "$folder/planted/"
jq 'del(.paths["/api/v1/tenants"].get.responses["200"])' "$folder/openapi.json" >"$folder/planted/openapi.json"
expect something "$(redocly "$folder/planted/openapi.json")" 'Redocly does not see an operation that never succeeds.'
jq 'del(.components.schemas.tenant_create.properties.name.maxLength)' "$folder/openapi.json" >"$folder/planted/openapi.json"
folder=$folder/planted
expect something "$(spectral "$folder/openapi.json")" 'Spectral does not see a text without a limit.'
echo "$passed passed, $failed failed"
[ $failed = 0 ]
