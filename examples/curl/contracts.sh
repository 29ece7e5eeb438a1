#!/bin/sh
# The contracts that are registered, and one of them with its ABI.
# Environment: DAPPD_URL, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/contracts?limit=100"
curl --silent --show-error --fail-with-body "$url/contracts/$token"
