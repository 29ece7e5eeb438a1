#!/bin/sh
# Who holds most of a token, with the share of its supply.
# Environment: DAPPD_URL, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/tokens/$token/holders?limit=10"
