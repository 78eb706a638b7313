#!/bin/sh
# Runs a command beside a PostgreSQL of its own: tests/postgres.sh [--durable] COMMAND [argument ...]
# The cluster lies in a temporary folder, listens on a Unix socket there and on a free loopback port, and is gone when
# the command ends, however it ends. The command finds it by
#   NIDIA_TEST_POSTGRES       URL of its superuser, over TCP with a password
#   NIDIA_TEST_POSTGRES_DATA  its folder (pg_ctl, for tests that stop it)
#   NIDIA_TEST_POSTGRES_BIN   the folder of PostgreSQL's own programs
# --durable leaves fsync on, for tests that ask what a crash leaves; without it nothing waits for the disk.
set -eu

fsync=off
if [ "${1:-}" = --durable ]; then
    fsync=on
    shift
fi
[ $# -gt 0 ] || { echo "usage: tests/postgres.sh [--durable] COMMAND [argument ...]" >&2; exit 2; }

bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
folder=$(mktemp -d "${TMPDIR:-/tmp}/nidia-postgres-XXXXXX")
data=$folder/data

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups --reset-env "$@"
    else
        "$@"
    fi
}

finish() {
    code=$?
    trap - EXIT INT TERM HUP
    [ ! -e "$data/postmaster.pid" ] || as_postgres "$bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" >"$folder/password"
[ "$(id -u)" != 0 ] || chown -R postgres: "$folder"
as_postgres "$bin/initdb" -D "$data" -U postgres -A scram-sha-256 --auth-local=trust --pwfile="$folder/password" \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
cat >>"$data/postgresql.conf" <<CONFIGURATION
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 400
shared_buffers = 64MB
fsync = $fsync
wal_level = logical
full_page_writes = $fsync
timezone = 'UTC'
wal_retrieve_retry_interval = 100ms
CONFIGURATION

# A port that was free a moment ago may be taken when the server binds it: then another is tried.
attempt=0
while :; do
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    if as_postgres "$bin/pg_ctl" -D "$data" -w -t 60 -l "$folder/server.log" -o "-p $port" start >/dev/null 2>&1; then
        break
    fi
    attempt=$((attempt + 1))
    [ $attempt -lt 10 ] || { cat "$folder/server.log"; exit 1; }
done
# A random password needs no 4,096 rounds of hashing (RFC 5802, 2.2), which under a sanitizer cost more than most tests.
verifier=$(python3 - "$password" <<'PYTHON'
import base64, hashlib, hmac, os, sys
def text(data): return base64.b64encode(data).decode()
salt, rounds = os.urandom(16), 1
salted = hashlib.pbkdf2_hmac("sha256", sys.argv[1].encode(), salt, rounds)
def key(name): return hmac.digest(salted, name, "sha256")
stored = hashlib.sha256(key(b"Client Key")).digest()
print(f"SCRAM-SHA-256${rounds}:{text(salt)}${text(stored)}:{text(key(b'Server Key'))}")
PYTHON
)
as_postgres "$bin/psql" -q -U postgres -h "$folder" -p "$port" -c "ALTER ROLE postgres PASSWORD '$verifier'"
# Kept for a restart by a test, which need not know the port.
echo "port = $port" >>"$data/postgresql.conf"

export NIDIA_TEST_POSTGRES="postgres://postgres:$password@127.0.0.1:$port/postgres"
export NIDIA_TEST_POSTGRES_DATA="$data"
export NIDIA_TEST_POSTGRES_BIN="$bin"
"$@"
