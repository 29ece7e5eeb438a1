#!/bin/sh
# A transfer of tokens as a transaction that a wallet has only to sign.
# Environment: DAPPD_URL, OWNER, OTHER, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
other=${OTHER:-0x70997970C51812dc3A010C7d01b50e0d17dc79C8}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/contracts/$token/encode" --json @- <<JSON
{"function": "function transfer(address to, uint256 amount) returns (bool)",
 "args": {"to": "$other", "amount": "1"}, "from": "$owner"}
JSON
