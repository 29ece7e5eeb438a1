#!/usr/bin/env bash
# make run: the dev chain (unless DAPPD_RPC_URLS names nodes), a private PostgreSQL (unless DATABASE_URL names one), dappd
# on both, and lines to try. Pages on this machine may sign users in. Owns every process it starts: one signal, or the end
# of one of them, ends them all. Needs build/dappd and what dev/install.sh run installs.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly build=${BUILD:-build}
readonly addresses=$build/devchain.json
readonly database=$build/postgres
readonly start_timeout_s=${RUN_TIMEOUT_S:-30}
readonly stop_timeout_s=15
readonly zero=0x0000000000000000000000000000000000000000
export DAPPD_LISTEN=${DAPPD_LISTEN:-127.0.0.1:8080} DAPPD_DATA_DIR=${DAPPD_DATA_DIR:-$build/data}
readonly page_servers=localhost:3000,localhost:5173 # where pages in development are served, as a rule

say() { printf 'run: %s\n' "$*"; }
fail() {
    say "$*" >&2
    exit 1
}

# --- processes ---

# Starts COMMAND in the background, in a session of its own: Ctrl-C then reaches this script only, which stops them in
# order. Should this script be killed outright, the kernel ends them.
start() { setsid setpriv --pdeathsig TERM -- "$@" & }

stop() {
    local pid=$1 deadline=$((SECONDS + stop_timeout_s))
    kill -TERM "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do
        ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
        sleep 0.05
    done
}

# The shell's own list of its children: complete even when a signal comes between a start and the next line.
stop_all() {
    trap '' INT TERM HUP
    local pids i
    read -r -d '' -a pids <<<"$(jobs -p)" || true
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do stop "${pids[i]}"; done
}

# wait_for WHAT PID COMMAND...: until COMMAND succeeds; fails when the process ends or takes too long.
wait_for() {
    local what=$1 pid=$2 deadline=$((SECONDS + start_timeout_s)) status=0
    shift 2
    until "$@"; do
        if ! kill -0 "$pid" 2>/dev/null; then
            wait "$pid" || status=$?
            fail "$what ended while starting (status $status); what it said stands above"
        fi
        ((SECONDS < deadline)) || fail "$what is not ready after $start_timeout_s s${answer:+; it says: ${answer%%$'\n'*}}"
        sleep 0.1
    done
}

# --- where dappd listens, and how curl gets there ---

find_base() {
    local host=${DAPPD_LISTEN%:*} port=${DAPPD_LISTEN##*:}
    curl=(curl -s)
    case $DAPPD_LISTEN in
    unix:*) curl+=(--unix-socket "${DAPPD_LISTEN#unix:}") host=localhost port=80 ;;
    0.0.0.0:*) host=127.0.0.1 ;;
    '[::]:'*) host='[::1]' ;;
    esac
    [[ $host != '['* ]] || curl+=(-g)
    base=http://$host:$port
    local domain=${base#http://}
    export DAPPD_AUTH_DOMAINS=${DAPPD_AUTH_DOMAINS-${domain%:80},$page_servers}
    [[ $DAPPD_LISTEN == unix:* ]] || refuse_taken "$host" "$port"
}

refuse_taken() {
    local host=${1#[} port=$2
    if (exec 3<>"/dev/tcp/${host%]}/$port") 2>/dev/null; then
        fail "$DAPPD_LISTEN is taken by another program; choose another address: DAPPD_LISTEN=127.0.0.1:8081 make run"
    fi
}

# To index the history of a given node's chain may take hours; all else works meanwhile.
is_ready() {
    answer=$("${curl[@]}" --max-time 2 -w '\n%{http_code}' "$base/ready") || true
    [[ ${answer##*$'\n'} == 200 || (! ${chain_pid:-} && $answer == *'"index_unavailable"'*) ]]
}

# --- the parts ---

start_chain() {
    rm -f "$addresses"
    start node dev/chain/main.js --file "$addresses" --mine-every 2
    chain_pid=$!
}

await_chain() {
    wait_for "the dev chain" "$chain_pid" test -s "$addresses"
    local wanted='[c.url, c.holders.alice, c.holders.bob, c.holders.carol, c.tokens.usd, c.tokens.coin, c.blocks.funded]'
    read -r DAPPD_RPC_URLS owner other spender token token2 block < <(
        node -p "const c = JSON.parse(fs.readFileSync('$addresses')); $wanted.join(' ')"
    )
    export DAPPD_RPC_URLS DAPPD_INDEX_TOKENS=${DAPPD_INDEX_TOKENS-every}
    export DAPPD_ADMINS=${DAPPD_ADMINS-$owner} # everybody knows its key, so nowhere else
}

start_database() {
    mkdir -p "$database"
    rm -f "$database.url"
    start dev/postgres.sh run --durable "$database" >"$database.url"
    database_pid=$!
}

# What was indexed of given nodes stays for the next time. The dev chain begins anew, and so does its database.
await_database() {
    wait_for PostgreSQL "$database_pid" test -s "$database.url"
    DATABASE_URL=$(<"$database.url")
    if [[ ${chain_pid:-} ]]; then
        dev/postgres.sh psql "$database" --quiet -c 'SET client_min_messages = warning' \
            -c 'DROP DATABASE IF EXISTS devchain' -c 'CREATE DATABASE devchain'
        DATABASE_URL=$(dev/postgres.sh url "$database" devchain)
    fi
    export DATABASE_URL
}

start_dappd() {
    [[ -x $build/dappd ]] || fail "$build/dappd is not there: run make first"
    start "$build/dappd" serve
    dappd_pid=$!
    wait_for dappd "$dappd_pid" is_ready
}

# Well-known accounts on Ethereum's main network; elsewhere nothing is known but that the zero address exists.
know_addresses() {
    [[ $("${curl[@]}" --max-time 10 "$base/balance/$zero") =~ '"chain_id":'([0-9]+) ]] || true
    owner=$zero
    [[ ${BASH_REMATCH[1]:-} == 1 ]] || return 0
    owner=0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045  # vitalik.eth
    other=0xBE0eB53F46cd790Cd13851d5EFf43D12404d33E8
    spender=0x000000000022D473030F116dDEE9F6B43aC78BA3 # Permit2
    token=0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48   # USDC
    token2=0xdAC17F958D2ee523a2206206994597C13D831ec7  # USDT
    block=finalized
}

# --- what to try ---

# example WHAT TARGET [BODY [OPTION]]
example() {
    printf '\n  # %s\n  %s' "$1" "${curl[*]}${4:+ $4}"
    [[ ! ${3:-} ]] || printf " --json '%s'" "$3"
    printf ' %s\n' "$(quoted "$base$2")"
}

print_examples() {
    printf '\ndappd answers at %s. Try, in another terminal:\n' "$base"
    [[ ! ${token:-} ]] || token_examples
    [[ ! ${token:-} || ! ${DAPPD_INDEX_TOKENS:-} ]] || index_examples
    example "an account's native coins" "/balance/$owner"
    example "many balances at one block" /balances "{\"items\":[$(batch_items)]}"
    example "how the chain and its nodes are" /status
    example "an error: this is no token" "/balance/$owner/$zero"
    [[ $DAPPD_LISTEN == unix:* || ! $DAPPD_AUTH_DOMAINS ]] || account_examples
    [[ ! ${chain_pid:-} || $DAPPD_LISTEN == unix:* || ! $DAPPD_AUTH_DOMAINS ]] || contract_examples
    printf '\nCtrl-C stops everything. What dappd logs follows.\n'
}

token_examples() {
    example "how much of a token an account holds" "/balance/$owner/$token"
    example "the same at an earlier block" "/balance/$owner/$token?block=$block"
    example "what a token says of itself" "/tokens/$token"
    example "how much of it a spender may take" "/allowance/$owner/$spender/$token"
}

index_examples() {
    example "every token that an account holds" "/balances/$owner"
    example "who holds most of a token" "/tokens/$token/holders?limit=5"
    example "an account's latest transfers" "/transfers/$owner?limit=5"
}

# As the first of the dev chain's accounts, whatever the chain: there it is an admin.
account_examples() {
    printf '\n  # sign in with a wallet: a script that does what a page does\n'
    printf '  eval "$(DAPPD_URL=%s node examples/sign_in.mjs)"\n' "$base"
    local curl=("${curl[@]}" -H '"Authorization: Bearer $ACCESS_TOKEN"')
    example "who that is" /auth/session
    example "an API key, shown this once" /keys '{"name":"first try","scopes":["read","account:read"]}'
    [[ ! ${chain_pid:-} ]] || example "another user, as an admin" /users '{"name":"Ada Lovelace"}'
    example "how many more requests may come at once: RateLimit-Remaining" "/balance/$owner" '' -i
}

# From a contract's creation to its events, as the admin that has signed in. The shell that tries it knows CONTRACT, TX.
contract_examples() {
    local contract='/contracts/$CONTRACT'
    send_example "create a contract, a guestbook: dappd makes the transaction ready, a script signs and sends it" \
        /deploy @examples/guestbook/deploy.json
    example "register it with its ABI, as an admin" "$contract" @examples/guestbook/register.json \
        '-X PUT -H "Authorization: Bearer $ACCESS_TOKEN"'
    example "call a function" "$contract/call" '{"function":"title"}'
    send_example "send it a transaction" \
        "$contract/encode" "{\"function\":\"sign\",\"args\":{\"text\":\"I was here\"},\"from\":\"$owner\"}"
    example "what became of that transaction, and what it meant" '/tx/$TX'
    example "what would fail, and why" "$contract/simulate" "{\"function\":\"erase\",\"args\":[0],\"from\":\"$other\"}"
    example "its events" "$contract/events?event=Signed&arg.guest=$owner"
}

# send_example WHAT TARGET BODY
send_example() {
    printf '\n  # %s\n  eval "$(%s --json '\''%s'\'' %s | node examples/send_tx.mjs)"\n' \
        "$1" "${curl[*]}" "$3" "$(quoted "$base$2")"
}

# The shell that tries it fills in what it knows.
quoted() {
    if [[ $1 == *'$'* ]]; then printf '"%s"' "$1"; else printf "'%s'" "$1"; fi
}

batch_items() {
    printf '{"address":"%s"}' "$owner"
    [[ ! ${token:-} ]] || printf ',{"address":"%s","token":"%s"}' "$owner" "$token2" "$other" "$token"
}

# --- from start to end ---

main() {
    find_base
    if [[ ! ${DAPPD_RPC_URLS:-} ]]; then start_chain; fi
    if [[ ! ${DATABASE_URL:-} ]]; then start_database; fi
    [[ ! ${chain_pid:-} ]] || await_chain
    [[ ! ${database_pid:-} ]] || await_database
    start_dappd
    [[ ${owner:-} ]] || know_addresses
    cat <<<"$(print_examples)"$'\n' # in one piece, as dappd logs already
    local ended status=0
    wait -n -p ended "$dappd_pid" ${chain_pid:+"$chain_pid"} ${database_pid:+"$database_pid"} || status=$?
    case $ended in
    "$dappd_pid") fail "dappd ended by itself (status $status)" ;;
    "${chain_pid:-}") fail "the dev chain ended by itself (status $status)" ;;
    esac
    fail "PostgreSQL ended by itself (status $status)"
}

trap stop_all EXIT
trap 'say stopping; exit 0' INT TERM HUP
main
