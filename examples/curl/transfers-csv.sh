#!/bin/sh
# Every transfer of a token as CSV, sent while it is read: without limit there is no page to turn.
# Environment: DAPPD_URL, TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
curl --silent --show-error --fail-with-body --header 'Accept: text/csv' "$url/tokens/$token/transfers"
