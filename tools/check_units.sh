#!/bin/sh
# The systemd units: well-formed, and the service no more exposed than 2.0 (systemd-analyze security).
set -eu
cd "$(dirname "$0")/.."
tools/build.sh release nidia
folder=build-test/units
mkdir -p "$folder"
# The program stands where it was built, not yet where a package puts it.
sed "s|/usr/bin/nidia|$PWD/build/nidia|" packaging/systemd/nidia.service >"$folder/nidia.service"
cp packaging/systemd/nidia.socket "$folder/"

exposed() { # unit: prints its exposure, fails where that is over 2.0
    systemd-analyze security --offline=true --threshold=20 --no-pager "$1" >"$folder/security.txt" 2>&1 && code=0 || code=$?
    tail -n 1 "$folder/security.txt"
    return "$code"
}

passed=0 failed=0
check() { # what it shows, command ...
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "not so: $what"
        failed=$((failed + 1))
    fi
}

not() { ! "$@"; }

check 'the units are well-formed' systemd-analyze verify --man=no "$folder/nidia.service" "$folder/nidia.socket"
check 'the service is hardened' exposed "$folder/nidia.service"
# They are worth something only if they fail on a defect.
mkdir -p "$folder/planted"
sed 's/^WatchdogSec=.*/WatchdogSec=soon/' "$folder/nidia.service" >"$folder/planted/nidia.service"
cp "$folder/nidia.socket" "$folder/planted/"
[ -z "$(systemd-analyze verify --man=no "$folder/planted/nidia.service" 2>&1)" ] && planted=unseen || planted=seen
check 'a malformed line is seen' [ "$planted" = seen ]
grep -v '^SystemCallFilter=\|^CapabilityBoundingSet=' "$folder/nidia.service" >"$folder/planted/nidia.service"
check 'what is not hardened is seen' not exposed "$folder/planted/nidia.service"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
