#!/bin/sh
# Asking again with the ETag of the last answer: 304 and no body while the answer is the same.
# Environment: DAPPD_URL, OWNER, TOKEN, BLOCK.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
token=${TOKEN:-0x700b6A60ce7EaaEA56F065753d8dcB9653dbAD35}
target="$url/balance/$owner/$token?block=${BLOCK:-2}"
etag=$(curl --silent --show-error --fail --output /dev/null --write-out '%header{etag}' "$target")
answer=$(curl --silent --show-error --write-out '%{http_code}' --header "If-None-Match: $etag" "$target")
printf '%s\n' "$answer"
test "$answer" = 304
