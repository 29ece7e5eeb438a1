#!/bin/sh
# What a function of a contract returns, by its whole signature: so the contract need not be registered.
# Environment: DAPPD_URL, OWNER, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/contracts/$token/call" --json @- <<JSON
{"function": "function balanceOf(address owner) view returns (uint256)", "args": {"owner": "$owner"}}
JSON
