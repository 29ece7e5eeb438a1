#!/bin/sh
# An API key: made, which shows it this once, used, and deleted.
# Environment: DAPPD_URL, ACCESS_TOKEN, OWNER.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
owner=${OWNER:-0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266}
made=$(curl --silent --show-error --fail-with-body --header "Authorization: Bearer $token" \
    --json '{"name":"an example","scopes":["read"]}' "$url/keys")
printf '%s\n' "$made"
key=$(printf '%s' "$made" | sed 's/.*"key":"\([^"]*\)".*/\1/')
id=$(printf '%s' "$made" | sed 's/.*"id":"\([^"]*\)".*/\1/')
curl --silent --show-error --fail-with-body --header "Authorization: Bearer $key" "$url/balance/$owner"
curl --silent --show-error --fail-with-body --request DELETE --header "Authorization: Bearer $token" "$url/keys/$id"
