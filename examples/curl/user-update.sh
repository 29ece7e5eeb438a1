#!/bin/sh
# A new name, given only if nobody has changed the user since it was read.
# Environment: DAPPD_URL, ACCESS_TOKEN, USER_ID, NAME.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${ACCESS_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
target=$url/users/${USER_ID:?}
bearer="Authorization: Bearer $token"
etag=$(curl --silent --show-error --fail --output /dev/null --write-out '%header{etag}' --header "$bearer" "$target")
curl --silent --show-error --fail-with-body --request PATCH --header "$bearer" --header "If-Match: $etag" \
    --json "{\"name\":\"${NAME:-Grace Hopper}\"}" "$target"
