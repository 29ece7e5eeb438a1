#!/bin/sh
# A contract, registered with a part of its ABI: then its functions are called by name. For admins.
# Environment: DAPPD_URL, ACCESS_TOKEN, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
access=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body --request PUT --header "Authorization: Bearer $access" \
    "$url/contracts/$token" --json @- <<'JSON'
{"name": "Sample USD", "abi": [
  "function balanceOf(address owner) view returns (uint256)",
  "function transfer(address to, uint256 amount) returns (bool)",
  "event Transfer(address indexed from, address indexed to, uint256 value)"
]}
JSON
