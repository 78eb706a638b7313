#!/bin/sh
# Runs a command whose temporary files lie in memory: tests/in_memory.sh COMMAND [argument ...]
# The tests make thousands of databases; on a slow disk their deadlines would tell of the disk. The mount is in a
# namespace of its own and ends with the command. Where nothing may be mounted, or little memory is free, the disk serves.
set -eu
export needed_kib=8388608

available_kib=$(sed -nE 's/^MemAvailable: +([0-9]+) kB$/\1/p' /proc/meminfo)
if [ "${available_kib:-0}" -lt $needed_kib ] || ! unshare --mount mount -t tmpfs tmpfs /mnt 2>/dev/null; then
    exec "$@"
fi
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/nidia-XXXXXX")
export TMPDIR
trap 'rmdir "$TMPDIR"' EXIT
# shellcheck disable=SC2016  # expanded by the inner shell
unshare --mount sh -c 'mount -t tmpfs -o size=${needed_kib}k,mode=1777 tmpfs "$TMPDIR" && exec "$@"' sh "$@"
