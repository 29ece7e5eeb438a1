#!/bin/sh
# How much of a limit is left: the headers that every answer carries while clients are limited.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail --dump-header - --output /dev/null "$url/chains" | grep -i '^ratelimit-'
