#!/bin/sh
# What checksec must find in the program that is shipped, and the size it may have: tools/check_hardening.sh PROGRAM
set -eu
program=$1
[ -e "$program" ] || { echo "$program is not built"; exit 1; }
report=$(checksec --file="$program" --output=json)
missing=$(echo "$report" | jq -r '.[] | {
    relro: (.relro == "full"), canary: (.canary == "yes"), nx: (.nx == "yes"), pie: (.pie == "yes"),
    rpath: (.rpath == "no"), runpath: (.runpath == "no"), stripped: (.symbols == "no"),
    fortify: (.fortify_source == "yes" and (.fortified | tonumber) > 0)
} | to_entries[] | select(.value | not) | .key')
size=$(stat -c %s "$program")
[ "$size" -le 5000000 ] || missing="$missing size($size)"
[ -z "$missing" ] || { echo "$program lacks: $missing"; echo "$report"; exit 1; }
