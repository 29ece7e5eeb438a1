#!/usr/bin/env bash
# Prints the benchmark tables, on this machine, in one run: dappd beside nginx returning the same bytes, what it costs
# and endures at its nodes, the scanner of logs beside jansson, recovering signers and decoding transactions beside
# libsecp256k1, ABI values beside viem, filling an index beside psql, answers from it beside pgbench, reads by those who
# say who they are beside those by anybody, sign-ins, calls of contracts beside single eth_calls.
# `make bench` builds what it needs.
# usage: run.sh    (BENCH_SECONDS: length of each measurement, default 6; BENCH_LOGS and BENCH_ROWS: of the indexes;
# BENCH_WALLETS: that sign in; BENCH_PARTS:
# throughput,upstreams,transports,scanner,recover,abi,transactions,backfill,indexed,auth,calls)
set -euo pipefail
cd "$(dirname "$0")/../.."
exec node tests/bench/bench.js
