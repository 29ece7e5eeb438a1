#!/bin/sh
# A balance from the index where that is at the head and known to be right, else from a node; "source" says which.
# Environment: DAPPD_URL, OWNER, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/balance/$owner/$token?source=auto"
