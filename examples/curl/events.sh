#!/bin/sh
# The newest events of a contract that is registered; next_cursor leads to the older ones.
# Environment: DAPPD_URL, CONTRACT, EVENT.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
contract=${CONTRACT:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/contracts/$contract/events?limit=3&event=${EVENT:-Transfer}"
