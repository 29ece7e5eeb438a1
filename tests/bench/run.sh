#!/usr/bin/env bash
# Prints the benchmark table: dappd beside nginx returning the same bytes, on this machine, in one run.
# usage: run.sh    (BENCH_SECONDS: length of each measurement, default 6)
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/bench/bench.js
