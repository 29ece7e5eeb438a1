#!/bin/sh
# How much of an owner's tokens a spender may take.
# Environment: DAPPD_URL, OWNER, SPENDER, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
spender=${SPENDER:-0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/allowance/$owner/$spender/$token"
