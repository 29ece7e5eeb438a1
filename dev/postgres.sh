#!/usr/bin/env bash
# A private PostgreSQL for development and tests. It has a Unix socket and no port, and trusts whoever reaches that:
# its owner and root. Started by root it runs as postgres or nobody. It ends with its caller, however that ends, and
# starts again on what a killed one has left. Any number run side by side, each on a DIR of its own.
#   dev/postgres.sh run [--durable] DIR    runs it until a signal comes; prints its URL once it takes connections
#   dev/postgres.sh url DIR [DATABASE]     prints the URL of a database
#   dev/postgres.sh psql DIR [ARGUMENT..]  runs psql on the cluster
# Without --durable nothing waits for the disk: what was committed survives a kill of any process, not a power cut.
set -euo pipefail
shopt -s nullglob
export LC_ALL=C # lengths are bytes, messages English
unset "${!PG@}"  # of another database

readonly start_timeout_s=60 stop_timeout_s=10 lock_timeout_s=30
readonly longest_home=85 # a socket's path has at most 107 bytes: /.s.PGSQL.5432 and its lock file's suffix come to it
readonly role=dappd

say() { printf 'postgres: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# --- who runs it, and where ---

# Fills as_server: what comes before a command that is to run as the server's user, and die with this script.
find_user() {
    local user
    as_server=(setpriv --pdeathsig INT)
    owner=$(id -un)
    [[ $(id -u) == 0 ]] || return 0
    for user in postgres nobody; do
        id "$user" >/dev/null 2>&1 || continue
        owner=$user
        as_server+=("--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
        return
    done
    fail "PostgreSQL does not run as root, and there is neither a user postgres nor nobody"
}

# The server's user gets there, the socket's path is short enough, and in a URL it stands for itself.
suits() {
    [[ ${#1} -le $longest_home && $1 =~ ^[A-Za-z0-9/._-]+$ ]] && "${as_server[@]}" test -w "$1" -a -x "$1"
}

own() {
    chmod 700 "$1"
    [[ $(id -u) != 0 ]] || chown "$owner" "$1"
}

# The cluster's home is DIR where that suits, else a folder that DIR/elsewhere points to.
make_home() {
    own "$dir"
    home=$dir
    ! suits "$dir" || return 0
    [[ -d $dir/elsewhere ]] || ln -sfn "$(mktemp -d /tmp/dappd-postgres.XXXXXX)" "$dir/elsewhere"
    find_home
    own "$home"
    suits "$home" || fail "$owner cannot use $home"
}

find_home() {
    home=$dir
    [[ ! -d $dir/elsewhere ]] || home=$(readlink "$dir/elsewhere")
}

# The newest version that is installed, or the one that the cluster was made by.
find_binaries() {
    local version='' candidate
    [[ ! -e $home/data/PG_VERSION ]] || version=$(<"$home/data/PG_VERSION")
    bin=
    while read -r candidate; do
        [[ -x $candidate/postgres && -x $candidate/initdb && -x $candidate/psql ]] || continue
        [[ ! $version || $("$candidate/postgres" --version) == *" $version."* ]] || continue
        bin=$candidate
    done < <(candidate_folders | sort --version-sort --unique)
    [[ $bin ]] || fail "no PostgreSQL${version:+ $version, which made $home/data,} is installed: postgres, initdb, psql"
}

candidate_folders() {
    local folder
    ! command -v pg_config >/dev/null || pg_config --bindir
    for folder in /usr/lib/postgresql/*/bin; do printf '%s\n' "$folder"; done
}

# --- its life ---

# The server inherits the lock: while we hold it no other can be at work here, whatever files say.
take_lock() {
    mkdir -p "$dir"
    exec 9>>"$dir/lock"
    flock --wait "$lock_timeout_s" 9 || fail "another PostgreSQL runs on $dir"
}

remove_leftovers() { rm -rf "$home/data/postmaster.pid" "$home"/.s.PGSQL.* "$home/data.new"; }

make_cluster() {
    [[ ! -d $home/data ]] || return 0
    "${as_server[@]}" "$bin/initdb" --pgdata="$home/data.new" --username="$role" --auth=trust --encoding=UTF8 \
        --no-locale --no-sync >>"$home/log" 2>&1 </dev/null || fail_with_log "initdb failed"
    mv "$home/data.new" "$home/data"
}

fail_with_log() {
    tail -n 20 "$home/log" >&2 || true
    fail "$*"
}

start_server() {
    local settings=(-c listen_addresses= -c "unix_socket_directories=$home" -c port=5432 -c max_connections=200)
    $durable || settings+=(-c fsync=off -c full_page_writes=off)
    "${as_server[@]}" "$bin/postgres" -D "$home/data" "${settings[@]}" >>"$home/log" 2>&1 </dev/null &
    server=$!
}

is_ready() { [[ -e $home/data/postmaster.pid ]] && grep -q '^ready' "$home/data/postmaster.pid"; }

wait_until_ready() {
    local deadline=$((SECONDS + start_timeout_s))
    until is_ready; do
        kill -0 "$server" 2>/dev/null || fail_with_log "the server ended while starting"
        ((SECONDS < deadline)) || fail_with_log "the server is not ready after $start_timeout_s s"
        sleep 0.02
    done
}

# Fast, as PostgreSQL calls it: open transactions are rolled back.
stop_server() {
    trap '' INT TERM HUP
    [[ ${server:-} ]] || return 0
    local deadline=$((SECONDS + stop_timeout_s))
    kill -INT "$server" 2>/dev/null || return 0
    while kill -0 "$server" 2>/dev/null; do
        ((SECONDS < deadline)) || kill -QUIT "$server" 2>/dev/null || true
        sleep 0.02
    done
}

run() {
    take_lock
    make_home
    remove_leftovers
    find_binaries
    trap stop_server EXIT
    trap 'exit 0' INT TERM HUP
    make_cluster
    start_server
    wait_until_ready
    url postgres
    local status=0
    wait "$server" || status=$?
    fail_with_log "the server ended by itself (status $status)"
}

url() { printf 'postgresql:///%s?host=%s&user=%s\n' "$1" "$home" "$role"; }

# --- the command line ---

usage() { fail "usage: dev/postgres.sh run [--durable] DIR | url DIR [DATABASE] | psql DIR [ARGUMENT...]"; }

main() {
    local command=${1:-} durable=false
    shift || usage
    if [[ $command == run && ${1:-} == --durable ]]; then
        durable=true
        shift
    fi
    [[ ${1:-} ]] || usage
    dir=$(realpath -m -- "$1")
    shift
    find_user
    find_home
    case $command in
    run) run ;;
    url) url "${1:-postgres}" ;;
    psql)
        find_binaries
        exec "$bin/psql" --no-psqlrc "--host=$home" "--username=$role" --dbname=postgres "$@"
        ;;
    *) usage ;;
    esac
}

# So that the kernel ends it with its caller: setpriv asks for that and starts it once more.
if [[ ${1:-} == run && ! ${POSTGRES_SH_DIES_WITH_CALLER:-} ]]; then
    POSTGRES_SH_DIES_WITH_CALLER=1 exec setpriv --pdeathsig TERM -- "$0" "$@"
fi
unset POSTGRES_SH_DIES_WITH_CALLER
main "$@"
