#!/bin/sh
# How each chain is: its head, and its nodes by their configured names.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/status"
