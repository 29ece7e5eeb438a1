#!/bin/sh
# Many balances in one request, all at one block; without a token, the native coins. One that fails fails alone.
# Environment: DAPPD_URL, OWNER, OTHER, TOKEN, OTHER_TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
other=${OTHER:-0x70997970C51812dc3A010C7d01b50e0d17dc79C8}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
other_token=${OTHER_TOKEN:-0xA15BB66138824a1c7167f5E85b957d04Dd34E468}
curl --silent --show-error --fail-with-body "$url/balances" --json @- <<JSON
{"items": [
  {"address": "$owner"},
  {"address": "$owner", "token": "$token"},
  {"address": "$other", "token": "$other_token"}
]}
JSON
