#!/usr/bin/env bash
# Fuzzes each target for so many seconds from its corpus, with libFuzzer. What it finds lands in build/fuzz-findings.
# usage: run.sh SECONDS [NAME ...]
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=$1
shift
make --no-print-directory VARIANT=fuzz CC="${FUZZ_CC:-clang}" fuzzers
if [ $# -eq 0 ]; then
    for file in tests/fuzz/fuzz_*.c; do
        name=${file##*/fuzz_}
        set -- "$@" "${name%.c}"
    done
fi
mkdir -p build/fuzz-findings
for name in "$@"; do
    found=build/fuzz-corpus/$name
    mkdir -p "$found"
    echo "fuzz $name: $seconds s"
    build/fuzz/tests/fuzz/fuzz_"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz-findings/$name-" "$found" "tests/fuzz/corpus/$name" 2>&1 |
        grep -E '^(stat::number_of_executed_units|==|SUMMARY|Test unit written|.*ERROR)' || true
    [ "${PIPESTATUS[0]}" -eq 0 ] || exit 1
done
