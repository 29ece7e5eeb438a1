#!/bin/sh
# The transactions of an address that were sent here, the latest first, with what has become of them.
# Environment: DAPPD_URL, ADDRESS.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
address=${ADDRESS:-0x14dC79964da2C08b23698B3D3cc7Ca32193d9955}
curl --silent --show-error --fail-with-body "$url/transactions/$address?limit=10"
