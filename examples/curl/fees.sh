#!/bin/sh
# What transactions cost now: three bids, the next base fee and a forecast.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/fees"
