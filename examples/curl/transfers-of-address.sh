#!/bin/sh
# What an account has received of a token, newest first.
# Environment: DAPPD_URL, OWNER, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0x70997970C51812dc3A010C7d01b50e0d17dc79C8}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body "$url/transfers/$owner?direction=in&token=$token"
