#!/bin/sh
# The nonce of an account's next transaction: behind those in blocks, and behind those that wait as well.
# Environment: DAPPD_URL, OWNER.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
curl --silent --show-error --fail-with-body "$url/nonce/$owner"
