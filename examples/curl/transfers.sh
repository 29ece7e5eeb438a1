#!/bin/sh
# The newest transfers of the index, whoever sent them; next_cursor leads to the older ones.
# Environment: DAPPD_URL, LIMIT.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/transfers?limit=${LIMIT:-3}"
