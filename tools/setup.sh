#!/bin/sh
# Installs the Debian packages that are missing for the given purposes: tools/setup.sh build|test|bench ...
# One line a package, with the purposes that need it; what a package is for stands in docs/DEPENDENCIES.md.
set -eu

packages='
build             gcc
build             libc6-dev
build             meson
build             ninja-build
build             pkg-config
build             libsqlite3-dev
build             libpq-dev
build             libssl-dev
build             libfido2-dev
build             libcbor-dev
build             libcrypt-dev
build             liboath-dev
build             libqrencode-dev
build             libinih-dev
build             libglib2.0-dev
build             libc-ares-dev
build             libcurl4-openssl-dev
build             libgmime-3.0-dev
build             libpsl-dev
build             libicu-dev
build,test        publicsuffix
build             node-llhttp
build,test,bench  postgresql-client-15
test,bench        postgresql-15
test,bench        procps
test              clang
test              clang-format
test              clang-tidy
test              libclang-rt-14-dev
test              libjansson-dev
test              shellcheck
test              systemd
test              checksec
test              file
test              jq
test              python3
test              python3-jsonschema
test              python3-cryptography
test              openssl
test              python3-psycopg2
test              python3-aiosmtpd
test              ca-certificates
test              prometheus
test              oathtool
test              zbar-tools
test              librsvg2-bin
test              knot
test              chromium
test              chromium-driver
test              hydra
test              caddy
test,bench        nginx-light
bench             wrk
bench             python3
'

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
    dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

# Packages of servers start them when they are installed; the tests start their own, and leave none behind.
policy=/usr/sbin/policy-rc.d
install_packages() {
    echo "Installing Debian packages: $*"
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    log=$(mktemp)
    # The package lists may be missing or older than what the mirror still has: then they are fetched once.
    if ! apt_install "$@" >"$log" 2>&1; then
        as_root apt-get update -qq -o Acquire::Retries=3
        apt_install "$@" >"$log" 2>&1 || { cat "$log"; rm -f "$log"; exit 1; }
    fi
    rm -f "$log"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

missing=
for purpose in "$@"; do
    for package in $(echo "$packages" | awk -v purpose="$purpose" '(","$1",") ~ (","purpose",") {print $2}'); do
        installed "$package" || missing="$missing $package"
    done
    # npm brings hundreds of packages with it: Debian's only where the machine has none of its own.
    [ "$purpose" != test ] || command -v npm >/dev/null || installed npm || missing="$missing npm"
done
# shellcheck disable=SC2046,SC2086  # a list of words
[ -z "$missing" ] || install_packages $(printf '%s\n' $missing | sort -u)
