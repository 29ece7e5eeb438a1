#!/bin/sh
# The creation of a contract as a transaction that a wallet has only to sign, and where the contract will be. Its code
# returns at once, and so does every call of it.
# Environment: DAPPD_URL, OWNER.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
curl --silent --show-error --fail-with-body "$url/deploy" --json @- <<JSON
{"bytecode": "0x60006000f3", "from": "$owner"}
JSON
