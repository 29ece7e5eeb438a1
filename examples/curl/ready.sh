#!/bin/sh
# Can it serve? 200 when its nodes answer, else 503 with the reasons: what a load balancer asks.
# Environment: DAPPD_URL.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
curl --silent --show-error --fail-with-body "$url/ready"
