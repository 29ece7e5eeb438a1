#!/usr/bin/env bash
# Runs the named suites and ends with one line: N passed, M failed. A suite is a function below that prints what it does
# and adds to $passed and $failed.
# usage: run.sh SUITE ...    (lint unit fuzz-replay dev integration asan tsan valgrind)
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
readonly script_limit_s=$((${DAPPD_SOAK:-0} ? 7200 : 900)) # one that hangs fails, and the others still run
passed=0
failed=0
under=() # what unit tests are run by
scratch=$(mktemp -d)
log=$scratch/log
trap 'rm -rf "$scratch"' EXIT

make_quietly() {
    make --no-print-directory -s -j2 "$@" || exit 1
}

count() { # count LABEL PASSED FAILED
    passed=$((passed + $2))
    failed=$((failed + $3))
    printf '%-44s %5d passed, %d failed\n' "$1" "$2" "$3"
}

# So many commands at a time: they are independent of each other. Each leaves what it wrote in FILE, and what came of it
# in FILE.count: LABEL, passed, failed. One that dies without saying counts as one failure.
in_background() { # in_background AT_ONCE FUNCTION FILE LABEL COMMAND ...
    local at_once=$1
    shift
    "$@" &
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
}

leave_count() { # leave_count FILE LABEL STATUS PASSED FAILED
    local bad=${5:-0}
    [ "$3" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    printf '%s\t%s\t%s\n' "$2" "${4:-0}" "$bad" >"$1.count"
}

# Counts what was left in FOLDER, and shows what failed.
count_all() { # count_all FOLDER
    local file label ok bad
    wait
    for file in "$1"/*.count; do
        IFS=$'\t' read -r label ok bad <"$file"
        [ "$bad" -eq 0 ] || grep -vE '^ *(ok|duration_ms|type:|---|\.\.\.)' "${file%.count}" | tail -400
        count "$label" "$ok" "$bad"
    done
}

run_cmocka() { # run_cmocka FILE LABEL COMMAND ...
    local file=$1 label=$2 status=0
    shift 2
    "$@" >"$file" 2>&1 || status=$?
    leave_count "$file" "$label" "$status" "$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$file" | tail -1)" \
        "$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$file" | tail -1)"
}

# Node's runner closes with "# pass N" and "# fail N".
run_node() { # run_node FILE LABEL SCRIPT
    local status=0
    timeout --kill-after=10 "$script_limit_s" node --test --test-reporter=tap "$3" >"$1" 2>&1 || status=$?
    leave_count "$1" "$2" "$status" "$(sed -n 's/^# pass \([0-9]*\)/\1/p' "$1" | tail -1)" \
        "$(sed -n 's/^# fail \([0-9]*\)/\1/p' "$1" | tail -1)"
}

# The programs are SOURCES without .c, below build/VARIANT/.
run_units() { # run_units VARIANT SOURCE ...
    local variant=$1 folder=$scratch/unit-$1 name source
    shift
    mkdir "$folder"
    for source in "$@"; do
        name=${source#tests/}
        in_background "$(nproc)" run_cmocka "$folder/${name//\//_}" "$variant $name" "${under[@]}" "build/$variant/${source%.c}"
    done
    count_all "$folder"
}

unit_in() { # unit_in VARIANT
    make_quietly VARIANT="$1" tests
    run_units "$1" tests/unit/test_*.c tests/unit/*/test_*.c
}

suite_lint() {
    for check in tests/lint/*.sh; do
        if bash "$check" >"$log" 2>&1; then
            count "lint $(basename "$check" .sh)" 1 0
        else
            cat "$log"
            count "lint $(basename "$check" .sh)" 0 1
        fi
    done
}

suite_unit() {
    unit_in asan
}

suite_valgrind() {
    local under=(valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99)
    unit_in debug
}

suite_fuzz_replay() {
    make_quietly VARIANT=asan fuzzers
    for source in tests/fuzz/fuzz_*.c; do
        local name=${source##*/fuzz_}
        name=${name%.c}
        if build/asan/tests/fuzz/fuzz_"$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
            count "fuzz corpus $name ($(cat "$log"))" 1 0
        else
            cat "$log"
            count "fuzz corpus $name" 0 1
        fi
    done
}

# Two for each core: they wait more than they compute.
integration_in() { # integration_in VARIANT
    local folder=$scratch/integration-$1 script name
    make_quietly VARIANT="$1" binary
    export DAPPD_BINARY=build/$1/dappd DAPPD_VARIANT=$1
    mkdir "$folder"
    for script in tests/integration/*.test.js; do
        name=$(basename "$script" .test.js)
        in_background $((2 * $(nproc))) run_node "$folder/$name" "$1 integration/$name" "$script"
    done
    count_all "$folder"
}

# What a developer's machine runs beside dappd: the dev chain, PostgreSQL, make run.
suite_dev() {
    local script
    make_quietly build/dappd
    mkdir "$scratch/dev"
    for script in dev/chain/chain.test.js dev/postgres.test.js dev/run.test.js; do
        run_node "$scratch/dev/$(basename "$script")" "${script%.test.js}" "$script"
    done
    count_all "$scratch/dev"
}

suite_integration() {
    integration_in asan
}

suite_asan() {
    unit_in asan
    integration_in asan
}

# What locks for itself has a unit test with threads: more of them at once than a server under test ever has.
suite_tsan() {
    local threaded programs
    mapfile -t threaded < <(grep -l pthread_create tests/unit/{core,services}/test_*.c)
    programs=("${threaded[@]%.c}")
    make_quietly VARIANT=tsan "${programs[@]/#/build/tsan/}"
    run_units tsan "${threaded[@]}"
    integration_in tsan
}

for suite in "$@"; do
    declare -F "suite_${suite//-/_}" >/dev/null || { echo "there is no suite $suite" >&2; exit 2; }
    "suite_${suite//-/_}"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
