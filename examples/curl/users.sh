#!/bin/sh
# Every user, for admins, in pages.
# Environment: DAPPD_URL, ACCESS_TOKEN (an admin's).
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
curl --silent --show-error --fail-with-body --header "Authorization: Bearer $token" "$url/users?limit=5"
