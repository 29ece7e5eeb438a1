#!/bin/sh
# What became of a transaction, and which tokens it moved. Without TX, that of the newest transfer of a token.
# Environment: DAPPD_URL, TX.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
newest() {
    curl --silent --show-error --fail-with-body "$url/transfers?limit=1" | sed 's/.*"tx_hash":"\([^"]*\)".*/\1/'
}
curl --silent --show-error --fail-with-body "$url/tx/${TX:-$(newest)}"
