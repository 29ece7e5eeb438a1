#!/usr/bin/env bash
# Runs the named suites and ends with one line: N passed, M failed. A suite is a function below that prints what it does
# and adds to $passed and $failed.
# usage: run.sh SUITE ...    (lint unit fuzz-replay dev integration asan tsan valgrind)
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0
failed=0
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

# Runs one program; leaves what it wrote in FILE and what came of it in FILE.count: LABEL, passed, failed. A program that
# dies without saying counts as one failure.
run_cmocka() { # run_cmocka FILE LABEL COMMAND ...
    local file=$1 label=$2 ok bad status=0
    shift 2
    "$@" >"$file" 2>&1 || status=$?
    ok=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$file" | tail -1)
    bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$file" | tail -1)
    [ "$status" -eq 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
    printf '%s\t%s\t%s\n' "$label" "${ok:-0}" "${bad:-0}" >"$file.count"
}

# One program for each core at a time: they are independent, and each has one busy thread.
unit_in() { # unit_in VARIANT [PREFIX ...]
    local variant=$1 program name label ok bad
    shift
    make_quietly VARIANT="$variant" tests
    mkdir "$scratch/$variant"
    for source in tests/unit/test_*.c tests/unit/*/test_*.c; do
        program=build/$variant/${source%.c}
        name=${source#tests/}
        [ -x "$program" ] || continue
        run_cmocka "$scratch/$variant/${name//\//_}" "$variant $name" "$@" "$program" &
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n; done
    done
    wait
    for file in "$scratch/$variant"/*.count; do
        IFS=$'\t' read -r label ok bad <"$file"
        [ "$bad" -eq 0 ] || cat "${file%.count}"
        count "$label" "$ok" "$bad"
    done
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
    unit_in debug valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99
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

# Node's runner closes with "# pass N" and "# fail N".
run_node() { # run_node LABEL FILE ...
    local label=$1 status=0 ok bad
    shift
    node --test --test-reporter=tap "$@" >"$log" 2>&1 || status=$?
    ok=$(sed -n 's/^# pass \([0-9]*\)/\1/p' "$log" | tail -1)
    bad=$(sed -n 's/^# fail \([0-9]*\)/\1/p' "$log" | tail -1)
    if [ "$status" -ne 0 ]; then
        grep -vE '^ *(ok|duration_ms|type:|---|\.\.\.)' "$log" | tail -400
        [ "${bad:-0}" -gt 0 ] || bad=1
    fi
    count "$label" "${ok:-0}" "${bad:-0}"
}

integration_in() { # integration_in VARIANT
    make_quietly VARIANT="$1" binary
    DAPPD_BINARY=build/$1/dappd DAPPD_VARIANT=$1 run_node "integration ($1)" tests/integration/*.test.js
}

# What a developer's machine runs beside dappd: the dev chain, make run.
suite_dev() {
    make_quietly build/dappd
    run_node "dev chain" dev/chain/chain.test.js
    run_node "private PostgreSQL" dev/postgres.test.js
    run_node "make run" dev/run.test.js
}

suite_integration() {
    integration_in asan
}

suite_asan() {
    unit_in asan
    integration_in asan
}

suite_tsan() {
    integration_in tsan
}

for suite in "$@"; do
    declare -F "suite_${suite//-/_}" >/dev/null || { echo "there is no suite $suite" >&2; exit 2; }
    "suite_${suite//-/_}"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
