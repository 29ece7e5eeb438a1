#!/bin/sh
# A user, as it sees itself.
# Environment: DAPPD_URL, ACCESS_TOKEN, USER_ID.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
curl --silent --show-error --fail-with-body --header "Authorization: Bearer $token" "$url/users/${USER_ID:?}"
