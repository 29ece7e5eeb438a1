#!/bin/sh
# A nonce, for the message that a wallet signs; examples/sign_in.mjs does all of it.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/auth/nonce"
