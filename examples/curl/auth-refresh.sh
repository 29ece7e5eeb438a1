#!/bin/sh
# The next pair of tokens. The refresh token is used up by this: using it again ends the session.
# Environment: DAPPD_URL, REFRESH_TOKEN.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
token=${REFRESH_TOKEN:?sign in first: eval "$(node examples/sign_in.mjs)"}
curl --silent --show-error --fail-with-body "$url/auth/refresh" --json "{\"refresh_token\":\"$token\"}"
