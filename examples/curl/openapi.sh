#!/bin/sh
# The description of this interface, from which clients can be generated, as YAML or as JSON.
# Environment: DAPPD_URL, FORMAT (yaml or json).
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/openapi.${FORMAT:-yaml}"
