#!/usr/bin/env bash
# Installs what is missing on a Debian 12 or 13 machine: packages by name, and npm's into node_modules. Silent when
# nothing is. usage: dev/install.sh [build|run|test|bench]   (default: run; each but build includes run)
# What a tool or pkg-config finds is taken as it is, wherever it came from. With DAPPD_RPC_URLS, run needs no dev chain;
# with DATABASE_URL, no database of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly purpose=${1:-run}
readonly build=${BUILD:-build}
readonly log=$build/install.log
readonly npm_stamp=node_modules/.installed-lock.json # dies with what it stands for
readonly cluster_settings=/etc/postgresql-common/createcluster.conf
PATH=$PATH:/usr/sbin:/sbin
missing=()

say() { printf 'install: %s\n' "$*"; }
fail() {
    say "$*" >&2
    exit 1
}

# PACKAGE CHECK...: the package is missing when the check fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

has_compiler() { command -v cc && command -v gcc; }
has_header() { cc -E -include "$1" -x c /dev/null; }
has_package() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1") == installed ]]; }

need_build() {
    need gcc has_compiler
    need libc6-dev has_header stdio.h
    need make command -v make
    need pkg-config command -v pkg-config
    need libmicrohttpd-dev pkg-config --exists libmicrohttpd
    need libjansson-dev pkg-config --exists jansson
    need libcurl4-openssl-dev pkg-config --exists libcurl
    need libpq-dev pkg-config --exists libpq
    need libuv1-dev pkg-config --exists libuv
    need libyaml-dev pkg-config --exists yaml-0.1
    need libcyaml-dev pkg-config --exists libcyaml
    need libmbedtls-dev has_header mbedtls/md.h
    need libsecp256k1-dev pkg-config --exists libsecp256k1
    need zlib1g-dev pkg-config --exists zlib
}

need_run() {
    need curl command -v curl
    need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
    ! uses_own_database || need postgresql has_postgresql
}

uses_own_database() { [[ $purpose != run || ! ${DATABASE_URL:-} ]]; }

has_postgresql() {
    local folder
    for folder in "$(pg_config --bindir || true)" /usr/lib/postgresql/*/bin; do
        [[ ! -x $folder/postgres || ! -x $folder/initdb || ! -x $folder/psql ]] || return 0
    done
    return 1
}

uses_npm() { [[ $purpose != build && ! ($purpose == run && ${DAPPD_RPC_URLS:-}) ]]; }

need_npm() {
    need nodejs command -v node
    need npm command -v npm
}

need_test() {
    need libcmocka-dev pkg-config --exists cmocka
    need clang command -v clang
    need clang-format command -v clang-format
    need shellcheck command -v shellcheck
    need valgrind command -v valgrind
    need libc6-dbg has_package libc6-dbg # valgrind does not start without
    need nginx command -v nginx
    need procps command -v ps
}

need_bench() {
    need nginx command -v nginx
    need wrk command -v wrk
    need postgresql command -v pgbench
}

# The sanitizers' and the fuzzer's runtime: the package's name follows clang's version, so clang comes first.
need_clang_runtime() {
    local version package
    compgen -G "$(clang --print-resource-dir)/lib/*/libclang_rt.fuzzer*.a" >/dev/null && return
    version=$(clang -dumpversion)
    package=libclang-rt-${version%%.*}-dev
    if apt-cache show "$package" >/dev/null 2>&1; then missing+=("$package"); fi
}

is_root() { [[ $(id -u) == 0 ]]; }
as_root() { if is_root; then "$@"; else sudo "$@"; fi; }

logged() {
    "$@" >"$log" 2>&1 </dev/null && return
    tail -n 20 "$log" >&2
    return 1
}

apt_get() {
    logged as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"
}

install_missing() {
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || fail "no apt-get here: install what these Debian packages hold: ${missing[*]}"
    is_root || command -v sudo >/dev/null || fail "not root, and no sudo: have root install ${missing[*]}"
    say "Debian packages: ${missing[*]}"
    apt_get update || say "apt-get update failed; going on with the package lists that are here"
    [[ " ${missing[*]} " != *" postgresql "* ]] || forbid_cluster
    install_packages "${missing[@]}"
    [[ " ${missing[*]} " != *" postgresql "* ]] || allow_cluster
    [[ " ${missing[*]} " != *" nginx "* ]] || stop_nginx_service
    missing=()
}

install_packages() {
    apt_get install --yes --no-install-recommends "$@" || fail "apt-get install failed; all of it: $log"
}

# PostgreSQL's package makes a database for the whole machine and starts it; here only the programs are needed. What
# postgresql-common is told for that time is taken back.
forbid_cluster() {
    install_packages postgresql-common
    [[ -e $cluster_settings.before-dappd ]] || logged as_root cp -p "$cluster_settings" "$cluster_settings.before-dappd"
    logged as_root pg_conftool "$cluster_settings" set create_main_cluster false
}

allow_cluster() { logged as_root mv "$cluster_settings.before-dappd" "$cluster_settings"; }

# The tests start an nginx of their own; the package has started one for the whole machine.
stop_nginx_service() {
    say "switching the nginx service off: only the program is needed"
    if [[ -d /run/systemd/system ]]; then
        logged as_root systemctl disable --now nginx || true
    else
        logged as_root service nginx stop || true
        logged as_root update-rc.d nginx disable || true
    fi
}

# No install scripts run: nothing here needs one.
install_npm_packages() {
    cmp --silent package-lock.json "$npm_stamp" && return
    local version
    version=$(node --version)
    version=${version#v}
    ((${version%%.*} >= 18)) || fail "node $version is too old: 18 or newer is needed"
    say "npm packages of package-lock.json"
    logged npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || fail "npm ci failed; all of it: $log"
    cp package-lock.json "$npm_stamp"
}

main() {
    mkdir -p "$build"
    need_build
    [[ $purpose == build ]] || need_run
    ! uses_npm || need_npm
    [[ $purpose != test ]] || need_test
    [[ $purpose != bench ]] || need_bench
    install_missing
    if [[ $purpose == test ]]; then
        need_clang_runtime
        install_missing
    fi
    ! uses_npm || install_npm_packages
}

case $purpose in
build | run | test | bench) main ;;
*) fail "usage: dev/install.sh [build|run|test|bench]" ;;
esac
