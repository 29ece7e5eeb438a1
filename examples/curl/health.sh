#!/bin/sh
# Does the process live? 200 as long as it answers at all: what a restart policy asks.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/health"
