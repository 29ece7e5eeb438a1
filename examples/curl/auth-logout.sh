#!/bin/sh
# Signs out: 204, and from then on neither token is worth anything where a user is needed.
# Environment: DAPPD_URL, ACCESS_TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
curl --silent --show-error --fail-with-body --request POST --header "Authorization: Bearer $token" \
    --write-out '%{http_code}\n' "$url/auth/logout"
