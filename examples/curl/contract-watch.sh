#!/bin/sh
# A call of a registered contract, to be read in every new block from now on. For admins.
# Environment: DAPPD_URL, ACCESS_TOKEN, CONTRACT.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
access=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
contract=${CONTRACT:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body --header "Authorization: Bearer $access" \
    "$url/contracts/$contract/watches" --json '{"function": "function totalSupply() view returns (uint256)"}'
