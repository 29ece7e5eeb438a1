#!/bin/sh
# The gas of a transaction that is not signed yet: here a transfer of one token to another account.
# Environment: DAPPD_URL, OWNER, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
transfer=a9059cbb
to=00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8
amount=0000000000000000000000000000000000000000000000000000000000000001
curl --silent --show-error --fail-with-body "$url/estimate" --json @- <<JSON
{"from": "$owner", "to": "$token", "data": "0x$transfer$to$amount"}
JSON
