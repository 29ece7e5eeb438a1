#!/bin/sh
# What the watched calls of a contract answered last, and in which block each was read; /state/ID has all of one.
# Environment: DAPPD_URL, CONTRACT.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
contract=${CONTRACT:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/contracts/$contract/state"
