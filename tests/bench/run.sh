#!/usr/bin/env bash
# Prints the benchmark tables: dappd beside nginx returning the same bytes, then what it costs and endures at its nodes,
# on this machine, in one run; and the scanner of logs beside jansson.
# usage: run.sh    (BENCH_SECONDS: length of each measurement, default 6; BENCH_PARTS:
# throughput,upstreams,transports,scanner)
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/bench/bench.js
