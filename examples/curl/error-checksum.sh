#!/bin/sh
# An error is application/problem+json with a stable code: here 400, as the address has a typo in its checksum.
# Environment: DAPPD_URL, OWNER.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
owner=${OWNER:-0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
answer=$(curl --silent --show-error --write-out '%{http_code}' "$url/balance/$owner")
printf '%s\n' "$answer"
test "$(printf '%s\n' "$answer" | tail -n 1)" = 400
