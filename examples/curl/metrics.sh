#!/bin/sh
# Everything it counts and times, in Prometheus' text format.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/metrics"
