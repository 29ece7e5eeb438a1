#!/bin/sh
# Sends a signed transaction. Without RAW, one of an account of the dev chain that sends 1 wei. Sent again, it is there once.
# Environment: DAPPD_URL, RAW.
set -eu
url=${DAPPD_URL:-http://127.0.0.1:8080}
raw=${RAW:-0x02f86d827a6980843b9aca0085174876e8008252089470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0b3f8209c35fe336d86225174ad536345e462d9a613558914d8eddfd656c809aba02290f68ce58d0d4d0dac2cbe3a91732fc9fc46a90ed411c89b78df19517c38b8}
curl --silent --show-error --fail-with-body "$url/tx" --json "{\"raw\": \"$raw\"}"
