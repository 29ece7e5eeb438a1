#!/bin/sh
# Which chains there are, with their coin and their newest, safe and finalized blocks as far as they are known.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/chains"
