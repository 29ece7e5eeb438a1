#!/bin/sh
# The tokens of the index, by address.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/tokens?limit=100"
