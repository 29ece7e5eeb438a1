#!/bin/sh
# A user, prepared by an admin; with the same Idempotency-Key it is made once, however often this is sent.
# Environment: DAPPD_URL, ACCESS_TOKEN (an admin's), EMAIL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
curl --silent --show-error --fail-with-body --header "Authorization: Bearer $token" --header "Idempotency-Key: ada" \
    --json "{\"name\":\"Ada Lovelace\",\"email\":\"${EMAIL:-ada@example.com}\"}" "$url/users"
